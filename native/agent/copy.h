// Copying a directory tree as it is.
#pragma once

// Copies all that is below the directory FROM into the directory TO, and FROM's own owner, mode, times and attributes onto TO:
// owners, modes, times, extended attributes, links. Device nodes that TO's file system refuses are left out. Changes the
// working directory. 0 or -errno, with a part copied.
int copy_tree(int from, int to);
