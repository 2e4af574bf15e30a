namespace MicroVm.Images.Tests.Tar;

/// <summary>
/// What Go's reader_test.go, and where it is silent GNU tar, say of each archive among Go's test data, in the form of
/// <see cref="TarListing"/>; "!" and part of the message where it is refused.
/// </summary>
internal static class GoVectors
{
    public static readonly IReadOnlyDictionary<string, string> Expected = new Dictionary<string, string>
    {
        ["file-and-dir.tar"] = """
            0 small.txt 0 0/0 5 0 e38b27eaccb4391bdec553a7f3ae6b2f
            5 dir/ 0 0/0 0 0

            """,
        ["gnu-incremental.tar"] = """
            D test2/ 40755 1000/1000 14 1441973427 f693a99e832cf992ad835ed79aef897e
            0 test2/foo 100644 1000/1000 64 1441973363 1d767b29c79a2633ef003adb87cca9e8
            0 test2/sparse 100644 1000/1000 536870912 1441973427 segments 1

            """,
        ["gnu-long-nul.tar"] = """
            0 0123456789 644 1000/1000 0 1486082191

            """,
        ["gnu-multi-hdrs.tar"] = """
            2 GNU2/GNU2/long-path-name 0 0/0 0 0 -> GNU4/GNU4/long-linkpath-name

            """,
        ["gnu-nil-sparse-data.tar"] = """
            0 sparse.db 0 0/0 1000 0 segments 1 427008b3fe192f663d665f56cd75716c

            """,
        ["gnu-nil-sparse-hole.tar"] = """
            0 sparse.db 0 0/0 1000 0 segments 1 ede3d3b685b4e137ba4cb2521329a75e

            """,
        ["gnu-not-utf8.tar"] = """
            0 hi\x80\x81\x82\x83bye 644 1000/1000 0 0

            """,
        ["gnu-sparse-big.tar"] = """
            0 gnu-sparse 0 0/0 60000000000 0 segments 6

            """,
        ["gnu-utf8.tar"] = """
            0 \xe2\x98\xba\xe2\x98…\x98\xbb\xe2\x98\xb9(162) 644 1000/1000 0 0

            """,
        ["gnu.tar"] = """
            0 small.txt 640 73025/5000 5 1244428340 e38b27eaccb4391bdec553a7f3ae6b2f
            0 small2.txt 640 73025/5000 11 1244436044 c65bd2e50a56a2138bf1716f2fd56fe9

            """,
        ["hardlink.tar"] = """
            0 file.txt 644 1000/100 15 1425484303 172abe9aca6350c07a59d23b9e13019e
            1 hard.txt 644 1000/100 0 1425484303 -> file.txt

            """,
        ["hdr-only.tar"] = """
            5 dir/ 750 319973/5000 0 1442273732
            6 fifo 640 319973/5000 0 1442273806
            0 file 640 319973/5000 46 1442273747 3ad9a36881984043eab07a38c7960474
            1 hardlink 640 319973/5000 0 1442273747 -> file
            3 null 666 319973/5000 0 1442264573 dev 1:3
            4 sda 660 319973/5000 0 1442264573 dev 8:0
            2 symlink 777 319973/5000 0 1442273756 -> file
            2 badlink 777 319973/5000 0 1442274044 -> missing
            5 dir/ 750 319973/5000 5 1442273732
            6 fifo 640 319973/5000 5 1442273806
            0 file 640 319973/5000 46 1442273747 3ad9a36881984043eab07a38c7960474
            1 hardlink 640 319973/5000 5 1442273747 -> file
            3 null 666 319973/5000 5 1442264573 dev 1:3
            4 sda 660 319973/5000 5 1442264573 dev 8:0
            2 symlink 777 319973/5000 5 1442273756 -> file
            2 badlink 777 319973/5000 5 1442274044 -> missing

            """,
        ["invalid-go17.tar"] = """
            0 aaaaaaaaaaaaaaaaaaaa…aaaaaaaaaaaaaaaa/foo(101) 0 2097152/0 0 0

            """,
        ["issue10968.tar"] = "!malformed size in a tar header",
        ["issue11169.tar"] = "!malformed PAX record",
        ["issue12435.tar"] = "!malformed size in a tar header",
        ["neg-size.tar"] = "!malformed size in a tar header",
        ["nil-uid.tar"] = """
            0 P1050238.JPG.log 664 0/0 14 1365454838 08d504674115e77a67244beac19668f5

            """,
        ["pax-bad-hdr-file.tar"] = "!malformed PAX record",
        ["pax-bad-mtime-file.tar"] = "!PAX time is not a number",
        ["pax-global-records.tar"] = """
            0 file1 0 0/0 0 0
            0 file2 0 0/0 0 0
            0 file3 0 0/0 0 0
            0 file4 0 0/0 0 1400000000

            """,
        ["pax-multi-hdrs.tar"] = """
            2 bar 0 0/0 0 0 -> PAX4/PAX4/long-linkpath-name

            """,
        ["pax-nil-sparse-data.tar"] = """
            0 sparse.db 0 0/0 1000 0 segments 1 427008b3fe192f663d665f56cd75716c

            """,
        ["pax-nil-sparse-hole.tar"] = """
            0 sparse.db 0 0/0 1000 0 segments 1 ede3d3b685b4e137ba4cb2521329a75e

            """,
        ["pax-nul-path.tar"] = "!PAX name with a NUL byte",
        ["pax-nul-xattrs.tar"] = "!malformed PAX record",
        ["pax-path-hdr.tar"] = "",
        ["pax-pos-size-file.tar"] = """
            0 foo 640 319973/5000 999 1442282516 0afb597b283fe61b5d4879669a350556

            """,
        ["pax-records.tar"] = """
            0 file 0 0/0 0 0

            """,
        ["pax-sparse-big.tar"] = """
            0 pax-sparse 0 0/0 60000000000 0 segments 6

            """,
        ["pax.tar"] = """
            0 a/123456789101112131…19293949596979899100(194) 664 1000/1000 7 1350244992.023960108 3c382e8f5b6631aa2db52643912ffd4a
            2 a/b 777 1000/1000 0 1350266320.910238425 -> 12345678910111213141…19293949596979899100(192)

            """,
        ["sparse-formats.tar"] = """
            0 sparse-gnu 644 1000/1000 200 1392395740 segments 95 6f53234398c2449fe67c1812d993012f
            0 sparse-posix-0.0 644 1000/1000 200 1392342187 segments 95 6f53234398c2449fe67c1812d993012f
            0 sparse-posix-0.1 644 1000/1000 200 1392340456 segments 95 6f53234398c2449fe67c1812d993012f
            0 sparse-posix-1.0 644 1000/1000 200 1392337404 segments 95 6f53234398c2449fe67c1812d993012f
            0 end 644 1000/1000 4 1392398319 b0061974914468de549a2af8ced10316

            """,
        ["star.tar"] = """
            0 small.txt 640 73025/5000 5 1244592783 e38b27eaccb4391bdec553a7f3ae6b2f
            0 small2.txt 640 73025/5000 11 1244592783 c65bd2e50a56a2138bf1716f2fd56fe9

            """,
        ["trailing-slash.tar"] = """
            5 123456789/123456789/…123456789/123456789/(300) 0 0/0 0 0

            """,
        ["ustar-file-devs.tar"] = """
            0 file 644 0/0 0 0 dev 1:1

            """,
        ["ustar-file-reg.tar"] = """
            0 foo 640 319973/5000 684 1442282516 b7e35f6a7d28199f9bab352b6692ad39

            """,
        ["ustar.tar"] = """
            0 longname/longname/lo…me/longname/file.txt(143) 644 501/20 6 1360135598 b1946ac92492d2347c6235b4d2611184

            """,
        ["v7.tar"] = """
            0 small.txt 444 73025/5000 5 1244593104 e38b27eaccb4391bdec553a7f3ae6b2f
            0 small2.txt 444 73025/5000 11 1244593104 c65bd2e50a56a2138bf1716f2fd56fe9

            """,
        ["writer-big-long.tar"] = "!the archive ends in the middle of an entry",
        ["writer-big.tar"] = "!the archive ends in the middle of an entry",
        ["writer.tar"] = """
            0 small.txt 640 73025/5000 5 1246508266 e38b27eaccb4391bdec553a7f3ae6b2f
            0 small2.txt 640 73025/5000 11 1245217492 c65bd2e50a56a2138bf1716f2fd56fe9
            2 link.txt 777 1000/1000 0 1314603082 -> small.txt

            """,
        ["xattrs.tar"] = """
            0 small.txt 644 1000/10 5 1386065770.448252320 user.key=value user.key2=value2 security.selinux=unconfined_u:object_r:default_t:s0\x00 e38b27eaccb4391bdec553a7f3ae6b2f
            0 small2.txt 644 1000/10 11 1386065770.449252304 security.selinux=unconfined_u:object_r:default_t:s0\x00 c65bd2e50a56a2138bf1716f2fd56fe9

            """,
        ["pax-bad-hdr-large.tar.bz2"] = "!larger than 1 MiB",
    };
}
