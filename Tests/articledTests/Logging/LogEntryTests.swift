import Core
import Foundation
import Logging
import Testing

@testable import articled

@Suite("A line of the log")
struct LogEntryTests {
    private func entry(_ message: String, _ metadata: Logger.Metadata = [:]) -> LogEntry {
        LogEntry(level: .info, message: message, metadata: metadata, at: Timestamp(milliseconds: 0))
    }

    private func text(_ message: String, _ metadata: Logger.Metadata = [:]) -> String {
        String(decoding: entry(message, metadata).text, as: UTF8.self)
    }

    private func json(_ message: String, _ metadata: Logger.Metadata = [:]) throws -> [String: Any] {
        let line = entry(message, metadata).json
        #expect(line.last == UInt8(ascii: "\n") && line.count(where: { $0 == UInt8(ascii: "\n") }) == 1)
        return try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    }

    /// What could end a line, drive a terminal, or turn the direction of text.
    private static let dangerous = "a\nb\rc\u{1B}[2Jd\u{9B}e\u{0}f\u{7F}g\u{202E}h\u{2066}i\u{2028}j\u{200F}k\u{FEFF}l"

    @Test("is time, level, message and fields, in order of their names")
    func plain() throws {
        #expect(
            text("Listening", ["port": "8000", "host": "::1"])
                == "1970-01-01T00:00:00.000Z info Listening host=::1 port=8000\n")
        let object = try json("Listening", ["port": "8000"])
        #expect(object["time"] as? String == "1970-01-01T00:00:00.000Z" && object["level"] as? String == "info")
        #expect(object["message"] as? String == "Listening" && object["port"] as? String == "8000")
    }

    @Test("a value of several words is in quotes")
    func quotes() {
        #expect(
            text("m", ["a": "b c", "d": "say \"x\"", "e": "", "f": "g=h"]).contains(
                "a=\"b c\" d=\"say \\\"x\\\"\" e=\"\" f=\"g=h\"\n"))
    }

    @Test("nothing in it can begin another line, drive a terminal, or turn the direction")
    func escaping() throws {
        for line in [text(Self.dangerous, ["k": "\(Self.dangerous)"]), text("m", [Self.dangerous: "v"])] {
            #expect(line.dropLast().unicodeScalars.allSatisfy { !Self.isDangerous($0) }, "\(line.debugDescription)")
        }
        let bytes = entry(Self.dangerous, ["k": "\(Self.dangerous)", Self.dangerous: "v"]).json
        #expect(String(decoding: bytes, as: UTF8.self).dropLast().unicodeScalars.allSatisfy { !Self.isDangerous($0) })
        let object = try json(Self.dangerous, ["k": "\(Self.dangerous)"])
        #expect(object["message"] as? String == Self.dangerous && object["k"] as? String == Self.dangerous)
    }

    private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || (0x200E...0x200F).contains(scalar.value)
            || (0x2028...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
            || scalar.value == 0xFEFF
    }

    @Test("letters and signs of all languages stay, beyond 16 bits too")
    func languages() throws {
        let words = "Grüße, 世界 😀"
        #expect(text(words).contains(words))
        #expect(try json(words)["message"] as? String == words)
        #expect(try json("\u{E0001}")["message"] as? String == "\u{E0001}")
    }

    @Test("a field can't take the place of time, level or message")
    func collision() throws {
        let object = try json("m", ["level": "critical", "time": "now", "message": "x"])
        #expect(object["level"] as? String == "info" && object["_level"] as? String == "critical")
        #expect(object["message"] as? String == "m")
    }

    @Test("numbers are numbers")
    func numbers() throws {
        let object = try json("m", ["status": .stringConvertible(200), "ms": .stringConvertible(1.5)])
        #expect(object["status"] as? Int == 200 && object["ms"] as? Double == 1.5)
    }

    @Test("what is longer than a line should be is cut off")
    func length() throws {
        let long = String(repeating: "ä", count: 100_000)
        #expect(entry(long, ["k": "\(long)"]).text.count < 3 * LogEntry.maxBytes)
        let message = try #require(try json(long)["message"] as? String)
        #expect(message.hasSuffix("ä…"))
    }
}
