import Core
import Testing

@testable import articled

@Suite("Where a request came from")
struct ClientTests {
    private func client(_ headers: [String: [String]], peer: String, trusting ranges: [String] = []) -> Client {
        TrustedProxies(ranges: ranges.compactMap { AddressRange($0) })
            .client(peer: IPAddress(peer)) { headers[$0] ?? [] }
    }

    @Test("an address is read and written in one way")
    func addresses() {
        #expect(IPAddress("192.0.2.1")?.description == "192.0.2.1")
        #expect(IPAddress("2001:DB8:0::1")?.description == "2001:db8::1")
        #expect(IPAddress("::ffff:192.0.2.1") == IPAddress("192.0.2.1"))
        #expect(IPAddress("2001:db8:1:2:3::4")?.network.description == "2001:db8:1:2::")
        for text in ["", "x", "1.2.3", "1.2.3.4.5", "1.2.3.4:80", "[::1]"] { #expect(IPAddress(text) == nil) }
    }

    @Test(
        "a range has the addresses whose first bits are its own",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false),
            ("192.0.2.128/25", "192.0.2.129", true), ("192.0.2.128/25", "192.0.2.127", false),
            ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false), ("0.0.0.0/0", "8.8.8.8", true),
            ("::1", "127.0.0.1", false), ("2001:db8::/33", "2001:db8:7fff::", true),
            ("2001:db8::/33", "2001:db8:8000::", false),
        ])
    func ranges(range: String, address: String, isInside: Bool) throws {
        #expect(try #require(AddressRange(range)).contains(#require(IPAddress(address))) == isInside)
    }

    @Test(
        "what is no range is refused", arguments: ["", "10.0.0.0/33", "10.0.0.0/-1", "10/8", "::/129", "a", "1.2.3.4/"])
    func notRanges(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test("nobody's headers are believed who is no trusted proxy")
    func untrusted() {
        let headers = [
            "host": ["own"], "x-forwarded-for": ["198.51.100.1"], "x-forwarded-proto": ["https"],
            "x-forwarded-host": ["evil"],
        ]
        for ranges in [[], ["10.0.0.0/8"]] {
            let client = client(headers, peer: "192.0.2.1", trusting: ranges)
            #expect(client == Client(address: IPAddress("192.0.2.1"), isSecure: false, host: "own"))
        }
    }

    @Test(
        "behind trusted proxies the client is the last address that is not one of them",
        arguments: [
            (["198.51.100.1"], "198.51.100.1"), (["203.0.113.5, 198.51.100.1"], "198.51.100.1"),
            (["203.0.113.5", "198.51.100.1, 10.0.0.2"], "198.51.100.1"), (["10.0.0.3,10.0.0.2"], "10.0.0.3"),
            (["garbage, 10.0.0.2"], "10.0.0.2"), ([], "10.0.0.1"), (["garbage"], "10.0.0.1"),
            // U+0600 makes one character of itself and the comma.
            (["\u{600}, 198.51.100.1"], "198.51.100.1"), (["203.0.113.5\u{600}", "198.51.100.1"], "198.51.100.1"),
        ])
    func forwarded(values: [String], address: String) {
        let headers = ["host": ["inner"], "x-forwarded-for": values, "x-forwarded-proto": ["https"]]
        let client = client(headers, peer: "10.0.0.1", trusting: ["10.0.0.0/8"])
        #expect(client == Client(address: IPAddress(address), isSecure: true, host: "inner"))
    }

    @Test(
        "a proxy may name the port behind the address",
        arguments: [
            ("198.51.100.1:1234", "198.51.100.1"), ("[2001:db8::1]:80", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"), ("2001:db8::1:80", "2001:db8::1:80"),
            ("198.51.100.1:1, 10.0.0.2:65535", "198.51.100.1"),
        ])
    func ports(value: String, address: String) {
        let client = client(["x-forwarded-for": [value]], peer: "10.0.0.1", trusting: ["10.0.0.0/8"])
        #expect(client.address?.description == address)
    }

    @Test(
        "what is no address with a port is believed by nobody",
        arguments: [
            "198.51.100.1:", "198.51.100.1:65536", "198.51.100.1:+1", "198.51.100.1:1:2", "198.51.100.1:80x",
            "[198.51.100.1]:80", "[2001:db8::1]80", "[2001:db8::1]:", "[2001:db8::1", "2001:db8::1]:80", "[]:80", ":80",
            "[[2001:db8::1]]:80", "",
        ])
    func notHops(value: String) {
        let client = client(["x-forwarded-for": [value]], peer: "10.0.0.1", trusting: ["10.0.0.0/8"])
        #expect(client.address?.description == "10.0.0.1")
    }

    @Test(
        "where the daemon speaks TLS a request is secure, unless a trusted proxy says that it was not on the way to it",
        arguments: [([], true), (["https"], true), (["http"], false)])
    func tls(proto: [String], isSecure: Bool) {
        let proxies = TrustedProxies(ranges: [AddressRange("10.0.0.0/8")].compactMap(\.self), isTLS: true)
        let headers = ["host": ["news"], "x-forwarded-proto": proto]
        #expect(proxies.client(peer: IPAddress("10.0.0.1")) { headers[$0] ?? [] }.isSecure == isSecure)
        #expect(proxies.client(peer: IPAddress("192.0.2.1")) { headers[$0] ?? [] }.isSecure)
    }

    @Test(
        "a page that came without TLS is another site's to a server that was asked with it",
        arguments: [
            ("https://news:8000", true), ("HTTPS://NEWS:8000", true), ("http://news:8000", false), ("news:8000", false),
            ("http://ok.example", true), ("https://evil.example", false),
        ])
    func secureOrigins(origin: String, isAllowed: Bool) {
        let policy = OriginPolicy(allowed: ["http://ok.example"])
        let result = Result { try policy.check([origin], host: "news:8000", isSecure: true) }
        #expect(((try? result.get()) != nil) == isAllowed)
    }

    @Test(
        "a page may do what its own host or --allowed-origin lets it",
        arguments: [
            ([], true), (["http://news:8000"], true), (["HTTP://NEWS:8000"], true), (["https://ok.example"], true),
            (["http://news"], false), (["null"], false), (["https://evil.example"], false), ([""], false),
            (["http://news:8000", "https://evil.example"], false), (["https://ok.example", "x"], false),
        ])
    func origins(values: [String], isAllowed: Bool) {
        let policy = OriginPolicy(allowed: ["https://ok.example"])
        let result = Result { try policy.check(values, host: "news:8000") }
        #expect(((try? result.get()) != nil) == isAllowed)
    }
}
