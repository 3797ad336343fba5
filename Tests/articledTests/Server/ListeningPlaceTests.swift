import NIOCore
import Testing

@testable import articled

@Suite("Where the daemon can be reached")
struct ListeningPlaceTests {
    @Test("a socket with a port is preferred, wherever it stands")
    func ports() throws {
        let addresses = [
            try SocketAddress(unixDomainSocketPath: "/run/a.sock"), try SocketAddress(ipAddress: "::1", port: 8000),
            try SocketAddress(ipAddress: "127.0.0.1", port: 9000),
        ]
        #expect(ListeningPlace(addresses).url(isTLS: false) == "http://[::1]:8000")
        #expect(ListeningPlace([addresses[2]]).url(isTLS: true) == "https://127.0.0.1:9000")
    }

    @Test("a socket with a path has it for a host, and one without is found by nobody")
    func paths() throws {
        let path = ListeningPlace([try SocketAddress(unixDomainSocketPath: "/run/a b.sock")])
        #expect(path.url(isTLS: false) == "http+unix://%2Frun%2Fa%20b%2Esock" && "\(path)" == "/run/a b.sock")
        #expect(ListeningPlace([]).url(isTLS: true) == "https+unix://")
    }
}
