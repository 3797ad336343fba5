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
}
