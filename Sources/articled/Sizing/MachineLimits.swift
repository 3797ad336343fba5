import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// What the machine, or the container, gives to a process.
struct MachineLimits: Sendable, Hashable {
    var cores: Int
    /// What may be used, in bytes: what is available now, or the control group's limit if that is less.
    var memory: Int
    /// How many descriptors a process may have open.
    var openFiles: Int

    /// Of this machine.
    static func current(cores: Int) -> MachineLimits {
        let available = availableMemory(meminfo: text("/proc/meminfo"))
        // Version 2 of control groups, then version 1; "max" and absence mean that there is no limit.
        let group = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
            .compactMap { Int(text($0).trimmingCharacters(in: .whitespacesAndNewlines)) }.first
        return MachineLimits(
            cores: cores, memory: min(available, group ?? .max), openFiles: ProcessLimits.raiseOpenFiles())
    }

    /// `MemAvailable` of /proc/meminfo (proc(5)), in bytes; 0 if it is not there.
    static func availableMemory(meminfo: String) -> Int {
        for line in meminfo.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 } ?? 0
        }
        return 0
    }

    private static func text(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
