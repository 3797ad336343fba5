import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// What the kernel allows this process.
enum ProcessLimits {
    /// Raises the number of descriptors, and so of connections, as far as the process may.
    ///
    /// - Returns: how many descriptors may be open.
    @discardableResult
    static func raiseOpenFiles() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return Int(clamping: before) }
        return Int(clamping: limit.rlim_cur)
    }

    /// What is kept back from connections: for the store's readers and files, and for what is opened now and then.
    private static let reserve = 32
    /// What is taken to be open where that can't be known.
    private static let usuallyOpen = 64

    /// How many connections there are descriptors for, besides what else is open and may have to be.
    ///
    /// - Parameter connected: how many connections are open now.
    static func roomForConnections(connected: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return Int.max }
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? usuallyOpen
        return max(1, Int(clamping: limit.rlim_cur) - (open - connected) - reserve)
    }
}
