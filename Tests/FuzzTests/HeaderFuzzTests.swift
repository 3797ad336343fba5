import Core
import Foundation
import Testing

@testable import articled

@Suite("Any text as a header")
struct HeaderFuzzTests {
    /// What makes one character of itself and the next, or the one before: a reader of characters misses the comma.
    private static let joiners = ["\u{600}", "\u{301}", "\u{200D}", "\u{FE0F}", "é", "😀"]

    @Test("a bearer token is all that stands behind the scheme, and nothing else is one")
    func bearer() {
        var fuzzer = Fuzzer(
            ["Bearer abc", "bearer x", "BEARER  y z", "Basic YTpi", "Bearer "],
            pieces: [" ", "\t", "\u{0}", "b", "R"] + Self.joiners)
        fuzzer.run { input, _ in
            let text = String(decoding: input, as: UTF8.self)
            let scheme = Array("bearer ".utf8)
            let bytes = Array(text.utf8)
            let lower = bytes.prefix(7).map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
            let expected = bytes.count > 7 && lower == scheme ? Array(bytes.dropFirst(7)) : nil
            let token = Authenticator.bearerToken(text).map { Array($0) }
            try require(token == expected, "is read as \(String(describing: token))")
        }
    }

    @Test("a name ends at the first colon, and name and password are the same after writing them")
    func basic() {
        var fuzzer = Fuzzer(
            ["Basic YWRhOnB3", "basic 8J+YgDphOmI=", "ada:password", "a::b", ":", "Bearer x"],
            pieces: [":", "=", " ", "+", "/", "\u{0}", "Basic "] + Self.joiners)
        fuzzer.run { input, random in
            let isEncoded = Bool.random(using: &random)
            let header =
                isEncoded ? "Basic " + Data(input).base64EncodedString() : String(decoding: input, as: UTF8.self)
            guard let basic = Authenticator.nameAndPassword(header) else {
                let isReadable = String(validating: input, as: UTF8.self) != nil && input.contains(UInt8(ascii: ":"))
                try require(!isEncoded || !isReadable, "is not read")
                return
            }
            let written = Array("\(basic.name):\(basic.password)".utf8)
            try require(!basic.name.utf8.contains(UInt8(ascii: ":")), "the name is \(basic.name)")
            try require(!isEncoded || written == input, "is read as \(basic)")
            let again = Authenticator.nameAndPassword("Basic " + Data(written).base64EncodedString())
            try require(again == basic, "is another after writing it: \(String(describing: again))")
        }
    }

    @Test("a cookie is what stands behind its name, bounded, and the same after writing it")
    func cookies() {
        let name = SessionCookie.session
        var fuzzer = Fuzzer(
            ["\(name)=abc; other=1", "a=b;\(name)=x", "\(name)=", "x\(name)=1", "\(name)=a=b c"],
            pieces: [";", "; ", "=", " ", "\"", name, String(repeating: "x", count: 130)] + Self.joiners)
        fuzzer.run { input, _ in
            let text = String(decoding: input, as: UTF8.self)
            guard let value = SessionCookie.value(name, in: ["a=b", text])?.text else { return }
            try require((1...128).contains(value.utf8.count), "has \(value.utf8.count) bytes")
            try require(Array(text.utf8).contains(Array("\(name)=\(value)".utf8)), "comes out of nowhere: \(value)")
            let again = SessionCookie.value(name, in: ["\(name)=\(value)"])?.text
            try require(again == value, "is another after writing it: \(String(describing: again))")
        }
    }

    @Test("an Accept header is of known qualities, and gets what it takes")
    func accept() {
        var fuzzer = Fuzzer(
            ["text/event-stream, application/x-ndjson;q=0.5", "*/*", "application/*;q=0.1, text/*;q=0", "a/b;c=d;q=1"],
            pieces: [",", ";", "q=", "q=nan", "q=-1", "q=1e999", "/", "*", " ", "0x1p9", "inf"] + Self.joiners)
        fuzzer.run { input, _ in
            let text = String(decoding: input, as: UTF8.self)
            let ranges = text.split(separator: ",").map(MediaRange.init)
            for range in ranges {
                try require(range.quality >= 0 && range.quality <= 1, "is of the quality \(range.quality)")
                guard !range.type.isEmpty, range.type.utf8.allSatisfy({ $0 < 0x80 }) else { continue }
                let again = MediaRange("\(range.type);q=\(range.quality)")
                try require(again == range, "is \(range), and after writing it \(again)")
            }
            guard !ranges.isEmpty, let encoding = try? EventsController.encoding(accept: [text]) else { return }
            let taken =
                encoding == .jsonLines ? ["application/x-ndjson", "application/*"] : ["text/event-stream", "text/*"]
            try require(
                ranges.contains { (taken + ["*/*"]).contains($0.type) && $0.quality > 0 }, "gets \(encoding)")
        }
    }

    @Test("whatever a client says of its address, the one that the trusted proxy has heard counts")
    func forwarding() throws {
        let proxies = TrustedProxies(ranges: [try #require(AddressRange("10.0.0.0/8"))])
        let peer = try #require(IPAddress("10.0.0.1"))
        let heard = try #require(IPAddress("192.0.2.7"))
        var fuzzer = Fuzzer(
            ["198.51.100.1", "10.0.0.2, 10.0.0.3", "[2001:db8::1]:80, unknown", "1.2.3.4:99999", ""],
            pieces: [",", ", ", ":", "[", "]", ".", "10.0.0.9", "::ffff:", "%", "\t"] + Self.joiners)
        fuzzer.run { input, random in
            let text = String(decoding: input, as: UTF8.self)
            let hop = ["192.0.2.7", "192.0.2.7:1234"].randomElement(using: &random) ?? ""
            for values in [["\(text), \(hop)"], [text, hop], ["\(text),\(hop), 10.0.0.5"]] {
                let address = proxies.client(peer: peer) { $0 == "x-forwarded-for" ? values : [] }.address
                try require(address == heard, "\(values) is of \(String(describing: address))")
            }
            guard let address = IPAddress(hop: text) else { return }
            try require(IPAddress(hop: address.description) == address, "is another after writing it: \(address)")
            try require(
                IPAddress(hop: "[\(address)]:1") == address || address.bytes.count == 4, "with a port: \(address)")
        }
    }

    @Test("a condition holds for tags that stand in it, and is the same after writing it")
    func conditions() {
        let tags = ["\"42-9c1e7a3b\"", "\"1-00000001\""]
        var fuzzer = Fuzzer(
            [tags[0], tags.joined(separator: ", "), "*", "W/\"42-9c1e7a3b\"", ""],
            pieces: [",", " ", "\t", "\"", "W/", "*", "42-9c1e7a3b"] + Self.joiners)
        fuzzer.run { input, _ in
            let text = String(decoding: input, as: UTF8.self)
            let condition = EntityTagCondition(text)
            for tag in tags where condition.matches(tag) {
                let squeezed = text.utf8.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
                try require(condition == .any || squeezed.contains(Array(tag.utf8)), "holds for \(tag)")
            }
            guard case .oneOf(let read) = condition, text.utf8.allSatisfy({ $0 < 0x80 }) else { return }
            let again = EntityTagCondition(read.joined(separator: ", "))
            try require(again == condition, "is another after writing it: \(again)")
        }
    }

    @Test("a key of a publication is bounded, and no other's")
    func idempotencyKeys() {
        var fuzzer = Fuzzer(
            ["k", "8e03978e-40d5-43e8-bc93-6894a57f9324", String(repeating: "x", count: 255)],
            pieces: ["\"", " ", "\u{0}", "é", String(repeating: "y", count: 100)])
        fuzzer.run { input, _ in
            let text = String(decoding: input, as: UTF8.self)
            let actor = AuditActor(name: "ada", address: "")
            let key = try? IdempotencyKey(of: actor, text, fingerprint: [])
            try require((key != nil) == (1...255).contains(text.utf8.count), "has \(text.utf8.count) bytes")
            guard let key else { return }
            try require(Array(key.name.utf8) == Array("ada\n\(text)".utf8), "is called \(key.name)")
        }
    }

    @Test("a request is called what its client says only if that means nothing to a log, a shell or a page")
    func requestNames() {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:+=@".utf8)
        var fuzzer = Fuzzer(
            ["4bf92f35-77b34da6", "x_1.2:3+4=5@6", String(repeating: "k", count: 63)],
            pieces: [" ", "\n", "\"", "<", "$", "`", "\u{0}", "\u{202E}", "é"])
        fuzzer.run { input, _ in
            let text = String(decoding: input, as: UTF8.self)
            let name = RequestIdentifier.of(text)
            let isPlain = (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(plain.contains)
            try require((name == text) == isPlain, "is called \(name)")
            try require(RequestIdentifier.isSane(name), "is called \(name)")
        }
    }

    @Test("a date that is read is the same after writing it")
    func dates() {
        var fuzzer = Fuzzer(
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Thu, 29 Feb 2024 23:59:60 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"],
            pieces: [" ", ",", ":", "-", "00", "31", "Dec", "GMT", "9999", "٣", "."])
        fuzzer.run { input, _ in
            guard let seconds = HTTPDate.seconds(String(decoding: input, as: UTF8.self)),
                (0...253_402_300_799).contains(seconds)
            else { return }
            let written = HTTPDate.text(seconds)
            try require(HTTPDate.seconds(written) == seconds, "is another date: \(written)")
        }
    }
}
