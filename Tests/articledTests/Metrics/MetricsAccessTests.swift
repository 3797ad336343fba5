import Core
import HTTPTypes
import Testing

@testable import articled

@Suite("Who may read the figures")
struct MetricsAccessTests {
    /// Whether somebody may, as the daemon finds it out: through its trusted proxies.
    private func mayRead(
        peer: String?, host: String = "localhost:8000", _ headers: [String: String] = [:],
        readers: [String] = [], proxies ranges: [String] = [], role: Role? = nil
    ) -> ServiceError.Code? {
        let proxies = TrustedProxies(ranges: ranges.compactMap { AddressRange($0) })
        let access = MetricsAccess(
            readers: readers.compactMap { AddressRange($0) }, proxies: proxies, hostNames: ["News-1"])
        var fields = HTTPFields()
        for (name, value) in headers { HTTPField.Name(name).map { fields[$0] = value } }
        let peer = peer.flatMap { IPAddress($0) }
        let client = proxies.client(peer: peer) { name in
            name == "host" ? [host] : HTTPField.Name(name).map { fields[values: $0] } ?? []
        }
        do {
            try access.check(
                role.map { Principal(name: "x", role: $0, credential: .localToken) }, peer: peer, client: client,
                headers: fields)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(
        "this machine, by a name of its own",
        arguments: ["localhost:8000", "LOCALHOST", "127.0.0.1:8000", "127.0.0.2", "[::1]:8000", "news-1:8000"])
    func local(host: String) {
        #expect(mayRead(peer: "127.0.0.1", host: host) == nil)
        #expect(mayRead(peer: "::1", host: host) == nil)
    }

    @Test(
        "whoever reaches this machine by another name is led here by somebody else",
        arguments: ["articles.example", "192.0.2.7:8000", "localhost.evil.example", "", "127.0.0.1.evil.example"])
    func rebinding(host: String) {
        #expect(mayRead(peer: "127.0.0.1", host: host) == .unauthorized)
    }

    @Test("others may not")
    func others() {
        #expect(mayRead(peer: "192.0.2.1") == .unauthorized)
        #expect(mayRead(peer: nil) == .unauthorized)
        #expect(mayRead(peer: "192.0.2.1", role: .editor) == .forbidden)
    }

    @Test("an admin may from anywhere, also through a proxy")
    func admin() {
        #expect(mayRead(peer: "192.0.2.1", host: "articles.example", role: .admin) == nil)
        #expect(mayRead(peer: "127.0.0.1", ["X-Forwarded-For": "192.0.2.1"], role: .admin) == nil)
    }

    @Test(
        "what a proxy on this machine passes on is not of this machine",
        arguments: [
            ["X-Forwarded-For": "192.0.2.1"], ["Forwarded": "for=192.0.2.1"], ["Via": "1.1 proxy"],
            ["X-Real-IP": "192.0.2.1"], ["X-Forwarded-Proto": "https"], ["X-Forwarded-For": "127.0.0.1"],
        ])
    func forwarded(headers: [String: String]) {
        #expect(mayRead(peer: "127.0.0.1", headers) == .unauthorized)
    }

    @Test("through a trusted proxy it is the client's address that counts")
    func trusted() {
        func through(_ client: String, readers: [String] = []) -> ServiceError.Code? {
            mayRead(
                peer: "127.0.0.1", host: "articles.example", ["X-Forwarded-For": client], readers: readers,
                proxies: ["127.0.0.1"])
        }
        #expect(through("192.0.2.1") == .unauthorized)
        #expect(through("192.0.2.1, 192.0.2.2", readers: ["192.0.2.2"]) == nil)
        // The first was written by the client.
        #expect(through("192.0.2.2, 192.0.2.1", readers: ["192.0.2.2"]) == .unauthorized)
        // Somebody here who speaks to the daemon itself.
        #expect(mayRead(peer: "127.0.0.1", proxies: ["127.0.0.1"]) == nil)
    }

    @Test("those who are named may, and then this machine only if it is named too")
    func named() {
        #expect(mayRead(peer: "10.0.0.9", host: "n1:8000", readers: ["10.0.0.0/24"]) == nil)
        #expect(mayRead(peer: "10.0.1.9", host: "n1:8000", readers: ["10.0.0.0/24"]) == .unauthorized)
        #expect(mayRead(peer: "127.0.0.1", readers: ["10.0.0.0/24"]) == .unauthorized)
        #expect(mayRead(peer: "127.0.0.1", readers: ["10.0.0.0/24", "127.0.0.1"]) == nil)
    }
}
