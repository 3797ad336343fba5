import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A real Redis of the tests' own, which ends with them.
final class RedisServer: Sendable {
    let port: Int

    /// One for all tests of the process.
    static let shared = Result { try RedisServer(["--enable-debug-command local"]) }

    struct NotStarted: Error, CustomStringConvertible {
        let description: String
    }

    init(_ options: [String] = []) throws {
        port = try Self.freePort()
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        // When the tests end, however they do, so does the server.
        try Self.spawn(
            "redis-server --port \(port) --bind 127.0.0.1 --dir '\(directory.path)' --save '' --appendonly no "
                + options.joined(separator: " ") + " > '\(directory.path)/log' & server=$!; "
                + "while kill -0 \(getpid()); do sleep 0.2; done; "
                + "kill $server; wait $server; rm -r '\(directory.path)'")
        let end = ContinuousClock.now + .seconds(10)
        while !Self.accepts(port) {
            guard .now < end else { throw NotStarted(description: "redis-server does not listen on \(port)") }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    /// Runs a command of the shell. Signals that this thread has blocked are not blocked there, else it could not be ended.
    private static func spawn(_ command: String) throws {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in 0...2 as ClosedRange<CInt> {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = [
            strdup("/bin/sh"), strdup("-c"), strdup(command), nil,
        ]
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/local/bin:/usr/bin:/bin"), nil]
        defer { for text in arguments + environment { free(text) } }
        var child = pid_t()
        let status = posix_spawn(&child, "/bin/sh", &actions, &attributes, &arguments, &environment)
        guard status == 0 else { throw NotStarted(description: "no shell: \(status)") }
    }

    private static func freePort() throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 15000..<32768)
            if !accepts(port) { return port }
        }
        throw NotStarted(description: "no free port")
    }

    private static func accepts(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
