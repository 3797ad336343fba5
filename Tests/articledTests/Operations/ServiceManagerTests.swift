import Foundation
import Logging
import Testing

@testable import articled

#if canImport(Glibc)
    import Glibc
#endif

/// A service manager that only listens, under a path or an abstract name.
private final class Listener {
    let address: String
    private let descriptor: CInt

    init(_ address: String) {
        self.address = address
        descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(address.utf8)
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 } else { bytes.append(0) }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + bytes.count)
        let bound = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        precondition(bound == 0, String(cString: strerror(errno)))
    }

    deinit {
        close(descriptor)
        unlink(address)
    }

    /// The lines of the next datagram, which is there already.
    func next() -> [String] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, CInt(MSG_DONTWAIT))
        return count < 0
            ? [] : String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

@Suite("What the service manager is told", .serialized)
struct ServiceManagerTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let unique = String(UUID().uuidString.prefix(8))

    private func manager(_ listener: Listener) throws -> ServiceManager {
        try #require(ServiceManager(environment: ["NOTIFY_SOCKET": listener.address], logger: logger))
    }

    @Test(
        "a path and an abstract name are spoken to",
        arguments: ["\(NSTemporaryDirectory())/notify-\(unique)", "@articles-notify-\(unique)"])
    func addresses(address: String) throws {
        let listener = Listener(address)
        try manager(listener).ready("Serving")
        #expect(listener.next() == ["READY=1", "MAINPID=\(getpid())", "STATUS=Serving"])
    }

    @Test("a reload says when it began, in microseconds of the monotonic clock")
    func reloading() throws {
        let listener = Listener("@articles-reload-\(Self.unique)")
        try manager(listener).reloading()
        let lines = listener.next()
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        #expect(lines.first == "RELOADING=1")
        let told = try #require(lines.last?.split(separator: "=").last.flatMap { Int($0) })
        #expect(lines.last?.hasPrefix("MONOTONIC_USEC=") == true)
        #expect((now.tv_sec - 60) * 1_000_000 < told && told <= (now.tv_sec + 1) * 1_000_000)
    }

    @Test("a stop says how long it may take, and a status is one line")
    func stopping() throws {
        let listener = Listener("@articles-stop-\(Self.unique)")
        let manager = try manager(listener)
        manager.stopping("Stop\nping", within: .seconds(15))
        #expect(listener.next() == ["STOPPING=1", "EXTEND_TIMEOUT_USEC=15000000", "STATUS=Stop ping"])
        manager.isAlive()
        #expect(listener.next() == ["WATCHDOG=1"])
    }

    @Test(
        "without a socket, or with one that is none, nobody is told",
        arguments: [nil, "", "relative", "vsock:2:1", "@"])
    func nobody(address: String?) {
        #expect(ServiceManager(environment: address.map { ["NOTIFY_SOCKET": $0] } ?? [:], logger: logger) == nil)
    }

    @Test("no child hears what was said to this process")
    func variables() throws {
        let variables = ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"]
        for variable in variables { setenv(variable, "1", 1) }
        #expect(ServiceManager(environment: ["NOTIFY_SOCKET": "1"], logger: logger) == nil)
        for variable in variables { #expect(getenv(variable) == nil) }
    }

    @Test("a manager that has gone harms nobody")
    func gone() throws {
        try #require(ServiceManager(environment: ["NOTIFY_SOCKET": "/nowhere/at/all"], logger: logger)).show("a")
    }

    @Test("a watchdog that is another process's is not fed")
    func watchdog() {
        let interval = ServiceManager.watchdogInterval
        #expect(interval(["WATCHDOG_USEC": "3000000"], 7) == .seconds(3))
        #expect(interval(["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "7"], 7) == .seconds(3))
        #expect(interval(["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "8"], 7) == nil)
        #expect(interval(["WATCHDOG_USEC": "no"], 7) == nil)
        #expect(interval(["WATCHDOG_USEC": "0"], 7) == nil)
        #expect(interval([:], 7) == nil)
    }
}
