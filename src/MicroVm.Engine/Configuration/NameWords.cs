namespace MicroVm.Engine.Configuration;

/// <summary>The words that generated names are made of: moods, and people who moved science and computing.</summary>
internal static class NameWords
{
    public static readonly string[] Adjectives =
    [
        "able", "agile", "airy", "alert", "ample", "apt", "avid", "awake", "balmy", "blithe", "bold", "bonny", "brave",
        "breezy", "bright", "brisk", "bubbly", "calm", "candid", "caring", "cheery", "chipper", "civil", "clear",
        "clever", "cosmic", "cosy", "crisp", "curious", "dapper", "daring", "deft", "diligent", "dreamy", "eager",
        "earnest", "easy", "elated", "exact", "fair", "famous", "fervent", "festive", "fine", "fleet", "fluent", "fond",
        "frank", "free", "fresh", "gallant", "genial", "gentle", "gifted", "glad", "golden", "grand", "happy", "hardy",
        "hearty", "helpful", "honest", "hopeful", "humble", "jolly", "jovial", "joyful", "keen", "kind", "lively",
        "logical", "loyal", "lucid", "lucky", "magical", "mellow", "merry", "mighty", "mindful", "modest", "neat",
        "nifty", "nimble", "noble", "patient", "peppy", "playful", "polite", "proud", "prudent", "quick", "quiet",
        "radiant", "rapid", "ready", "robust", "serene", "sharp", "silent", "sincere", "sleek", "smart", "snappy",
        "sober", "solid", "spry", "steady", "sturdy", "sunny", "swift", "tender", "thrifty", "tidy", "trusty", "upbeat",
        "valiant", "vivid", "warm", "wise", "witty", "zealous", "zesty",
    ];

    public static readonly string[] Surnames =
    [
        "abel", "agnesi", "allen", "ampere", "babbage", "backus", "banach", "bardeen", "bayes", "bernoulli", "bohr",
        "boltzmann", "boole", "brahe", "cannon", "cantor", "carnot", "cauchy", "cavendish", "cerf", "chomsky", "church",
        "clarke", "codd", "conway", "copernicus", "cray", "curie", "dalton", "darwin", "dijkstra", "dirac", "eckert",
        "edison", "einstein", "engelbart", "erdos", "euclid", "euler", "faraday", "fermat", "fermi", "feynman",
        "floyd", "fourier", "franklin", "galileo", "galois", "gauss", "germain", "godel", "goldberg", "hamilton",
        "hamming", "hawking", "heisenberg", "hertz", "hilbert", "hoare", "hopper", "hubble", "huffman", "hypatia",
        "iverson", "jacobi", "johnson", "joule", "karp", "kelvin", "kepler", "kernighan", "keller", "knuth",
        "kolmogorov", "lagrange", "lamarr", "lamport", "laplace", "leavitt", "leibniz", "liskov", "lovelace",
        "mandelbrot", "maxwell", "mccarthy", "meitner", "mendel", "mendeleev", "milner", "minsky", "mirzakhani",
        "napier", "naur", "neumann", "newton", "nobel", "noether", "ohm", "pascal", "pasteur", "pauli", "perlman",
        "planck", "poincare", "poisson", "postel", "ramanujan", "riemann", "ritchie", "rubin", "rutherford", "sagan",
        "schrodinger", "shannon", "sinclair", "snow", "stallings", "tesla", "thompson", "torvalds", "turing", "venn",
        "volta", "weil", "wiener", "wilkes", "wirth", "wozniak", "wu", "yalow", "yao", "yonath", "zuse",
    ];
}
