import Foundation
import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The service manager that started this daemon and asked to be told how it is (sd_notify(3), systemd.service(5)).
///
/// What is said are lines of `NAME=value` in one datagram, so that no library is needed for it.
final class ServiceManager: Sendable {
    private let address: NotifyAddress
    private let descriptor: CInt
    private let logger: Logger
    private let hasFailed = Atomic(false)

    /// How often the manager wants to hear that the daemon goes on; `nil` if it does not.
    let watchdogInterval: Duration?

    /// How long a datagram may wait for room in the manager's queue, in seconds: it must never hold the daemon up.
    private static let patience = 1

    /// - Returns: `nil` if nobody asked to be told, or asked in a way that is not understood.
    init?(environment: [String: String], processID: pid_t = getpid(), logger: Logger) {
        // What is said to this process is not said to those that it might start.
        for variable in ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"] { unsetenv(variable) }
        guard let text = environment["NOTIFY_SOCKET"], !text.isEmpty else { return nil }
        guard let address = NotifyAddress(text) else {
            logger.warning("NOTIFY_SOCKET is no path and no abstract name; the service manager is told nothing")
            return nil
        }
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            logger.warning(
                "The service manager can't be told", metadata: ["error": "\(String(cString: strerror(errno)))"])
            return nil
        }
        // A timeval: seconds and microseconds.
        let wait = [Self.patience, 0]
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, wait, socklen_t(MemoryLayout<Int>.size * wait.count))
        self.address = address
        self.descriptor = descriptor
        self.logger = logger
        watchdogInterval = Self.watchdogInterval(environment, processID: processID)
    }

    deinit {
        close(descriptor)
    }

    /// `WATCHDOG_USEC`, unless it is meant for another process (sd_watchdog_enabled(3)).
    static func watchdogInterval(_ environment: [String: String], processID: pid_t) -> Duration? {
        if let owner = environment["WATCHDOG_PID"], owner != String(processID) { return nil }
        return environment["WATCHDOG_USEC"].flatMap(Int64.init).flatMap { $0 > 0 ? .microseconds($0) : nil }
    }

    /// The daemon serves, for the first time or again after ``reloading()``.
    func ready(_ status: String) {
        send(["READY=1", "MAINPID=\(getpid())", Self.status(status)])
    }

    /// The daemon takes up its configuration anew; ``ready(_:)`` must follow.
    func reloading() {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        send(["RELOADING=1", "MONOTONIC_USEC=\(Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000)"])
    }

    /// The daemon has begun to stop.
    ///
    /// - Parameter limit: how long that may take.
    func stopping(_ status: String, within limit: Duration) {
        send(["STOPPING=1", "EXTEND_TIMEOUT_USEC=\(Int64(limit / .microseconds(1)))", Self.status(status)])
    }

    /// What `systemctl status` shows.
    func show(_ status: String) {
        send([Self.status(status)])
    }

    /// Everything goes on.
    func isAlive() {
        send(["WATCHDOG=1"])
    }

    /// One line, whatever the text is.
    private static func status(_ text: String) -> String {
        "STATUS=" + text.map { $0.isNewline ? " " : String($0) }.joined()
    }

    private func send(_ lines: [String]) {
        let message = Array(lines.joined(separator: "\n").utf8)
        guard !address.send(message, by: descriptor) else { return hasFailed.store(false, ordering: .relaxed) }
        let reason = String(cString: strerror(errno))
        if !hasFailed.exchange(true, ordering: .relaxed) {
            logger.warning("The service manager can't be told", metadata: ["error": "\(reason)"])
        }
    }
}

/// Where a service manager listens: a path, or with `@` in front a name that no file system has (unix(7)).
struct NotifyAddress: Sendable {
    private let address: sockaddr_un
    private let length: socklen_t

    init?(_ text: String) {
        var path = Array(text.utf8)
        var address = sockaddr_un()
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard let first = path.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"), path.count > 1,
            path.count < room
        else { return nil }
        // An abstract name begins with NUL, and ends where the length says and not with another one.
        if first == UInt8(ascii: "@") { path[0] = 0 } else { path.append(0) }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        self.address = address
        length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + path.count)
    }

    /// Sends a datagram; false if that failed, with `errno`.
    fileprivate func send(_ bytes: [UInt8], by descriptor: CInt) -> Bool {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                sendto(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL), pointer, length) == bytes.count
            }
        }
    }
}
