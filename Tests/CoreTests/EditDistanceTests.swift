import Core
import Testing

@Suite("How unlike words are")
struct EditDistanceTests {
    @Test(
        "letters put in, left out, replaced and swapped are counted, from either side",
        arguments: [
            ("", "", 0), ("", "ab", 2), ("port", "prot", 1), ("port", "sport", 1), ("abc", "xbz", 2),
            ("kitten", "sitting", 3),
        ])
    func distances(first: String, second: String, distance: Int) {
        #expect(EditDistance.between(first, second) == distance)
        #expect(EditDistance.between(second, first) == distance)
    }
}
