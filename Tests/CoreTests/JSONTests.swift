import Testing

@testable import Core

@Suite("JSON")
struct JSONTests {
    @Test(
        "what is no JSON is refused with its place",
        arguments: [
            ("{\"a\":1,}", 1, 8), ("{\"a\" 1}", 1, 6), ("[1\n,]", 2, 2), ("", 1, 1), ("{\"a\":\"\u{1}\"}", 1, 7),
            ("{\"a\":1}x", 1, 8), ("01", 1, 2), ("[1.]", 1, 4), ("\"\\ud800\"", 1, 2), ("\"\\x\"", 1, 2), ("nul", 1, 1),
            ("{\"a\":1,\"a\":2}", 1, 8), ("\"open", 1, 1), ("-", 1, 2), ("1e999", 1, 1),
        ])
    func syntax(text: String, line: Int, column: Int) {
        do {
            let value = try JSONParser.parse(text)
            Issue.record("\(text) was read as \(value)")
        } catch {
            #expect(error.line == line && error.column == column, "\(text): \(error)")
        }
    }

    @Test("bytes that are no UTF-8 are refused")
    func encoding() {
        for bytes: [UInt8] in [[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]] {
            #expect(throws: JSONSyntaxError.self) { try JSONParser.parse([0x22] + bytes + [0x22]) }
        }
    }

    @Test("nesting is bounded")
    func depth() throws {
        let deepest = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        #expect(throws: Never.self) { try JSONParser.parse(deepest) }
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse("[" + deepest + "]") }
    }

    @Test("escapes are read, surrogate pairs too")
    func escapes() throws {
        #expect(try JSONParser.parse(#""\u00e9\n\/\ud83d\ude00\u0000""#) == .string("é\n/😀\0"))
    }

    @Test("numbers keep 64 bits")
    func numbers() throws {
        #expect(try JSONParser.parse("9223372036854775807") == .integer(.max))
        #expect(try JSONParser.parse("-9223372036854775808") == .integer(.min))
        #expect(try JSONParser.parse("1.5e2") == .number(150))
    }

    @Test("random values come back as they were written")
    func roundTrip() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let value = randomValue(depth: 3, &random)
            #expect(try JSONParser.parse(value.bytes) == value)
        }
    }

    private func randomValue(depth: Int, _ random: inout SystemRandomNumberGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(.random(in: .min ... .max, using: &random))
        case 3, 4: return .string(randomText(&random))
        case 5: return .array((0..<3).map { _ in randomValue(depth: depth - 1, &random) })
        default:
            return .object(
                (0..<3).map { JSONMember("\($0)" + randomText(&random), randomValue(depth: depth - 1, &random)) })
        }
    }

    private func randomText(_ random: inout SystemRandomNumberGenerator) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            let ranges: [ClosedRange<UInt32>] = [
                0...0x2F, 0x5C...0x5C, 0x7F...0x9F, 0x2020...0x202F, 0x1F600...0x1F64F,
            ]
            if let scalar = Unicode.Scalar(.random(in: ranges.randomElement(using: &random) ?? 0...0, using: &random)) {
                text.append(scalar)
            }
        }
        return String(text)
    }

    @Test("a name that occurs twice is found among few and among many", arguments: [2, 8, 9, 10, 40])
    func doubledNames(count: Int) throws {
        let members = (0..<count).map { "\"m\($0)\":1" }
        #expect(throws: Never.self) { try JSONParser.parse("{" + members.joined(separator: ",") + "}") }
        for again in [0, count / 2, count - 1] {
            let doubled = members + ["\"m\(again)\":2"]
            #expect(throws: JSONSyntaxError.self) { try JSONParser.parse("{" + doubled.joined(separator: ",") + "}") }
        }
    }

    @Test("integers and cursors are written as Swift writes them")
    func integers() {
        for value: Int64 in [0, 1, -1, 9, 10, -10, 12_345_678_901, .max, .min] {
            var writer = JSONWriter()
            writer.integer(value)
            #expect(String(decoding: writer.bytes, as: UTF8.self) == String(value))
        }
        for nonce: UInt32 in [0, 1, 0x9C1E_7A3B, .max] {
            var writer = JSONWriter()
            writer.cursor(Cursor(seq: 42, nonce: nonce))
            #expect(String(decoding: writer.bytes, as: UTF8.self) == "\"\(Cursor(seq: 42, nonce: nonce))\"")
        }
    }
}
