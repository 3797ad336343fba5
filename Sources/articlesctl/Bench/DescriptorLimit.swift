import Foundation

/// How many connections this process may have.
enum DescriptorLimit {
    /// What a process has open besides.
    private static let spare = 64

    /// Raises the limit for so many connections.
    ///
    /// - Throws: ``CommandFailure`` where that is not allowed.
    static func raise(connections: Int) throws {
        let needed = rlim_t(connections + spare)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_cur < needed else { return }
        var wanted = rlimit(rlim_cur: needed, rlim_max: max(limit.rlim_max, needed))
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &wanted) == 0 else {
            throw CommandFailure(
                .failed,
                "\(connections) connections need more open files than this process may have (\(limit.rlim_max)).",
                "Raise the limit, as root: ulimit -n \(needed)")
        }
    }
}
