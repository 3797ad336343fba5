import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// What the process uses, by the names that all programs with metrics have for it.
struct ProcessFigures: Sendable, Hashable {
    /// Of all threads, in user and kernel mode, in seconds.
    var cpuSeconds: Double
    var residentBytes: Int
    var virtualBytes: Int
    var threads: Int
    var openFiles: Int
    var maxFiles: Int
    /// Since 1970, in seconds.
    var startTime: Double

    /// Of this process, now; what the system does not tell is 0.
    static func current() -> ProcessFigures {
        let fields = statFields(text("/proc/self/stat"))
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let tick = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return ProcessFigures(
            cpuSeconds: Double((fields[14] ?? 0) + (fields[15] ?? 0)) / tick, residentBytes: (fields[24] ?? 0) * page,
            virtualBytes: fields[23] ?? 0, threads: fields[20] ?? 0, openFiles: openDescriptors(),
            maxFiles: Int(clamping: limit.rlim_cur),
            startTime: bootTime(text("/proc/stat")) + Double(fields[22] ?? 0) / tick)
    }

    /// The numbers of /proc/self/stat by their places in proc(5), which counts from 1; the name in brackets, which may
    /// hold anything, is left out.
    static func statFields(_ stat: String) -> [Int: Int] {
        guard let end = stat.lastIndex(of: ")") else { return [:] }
        var fields: [Int: Int] = [:]
        for (index, field) in stat[stat.index(after: end)...].split(separator: " ").enumerated() {
            fields[index + 3] = Int(field)
        }
        return fields
    }

    /// When the machine was started, by /proc/stat.
    static func bootTime(_ stat: String) -> Double {
        for line in stat.split(separator: "\n") where line.hasPrefix("btime ") {
            return Double(line.dropFirst(6)) ?? 0
        }
        return 0
    }

    private static func openDescriptors() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Itself, its parent, and the descriptor of this very look.
        return max(0, count - 3)
    }

    private static func text(_ path: String) -> String {
        // Absent where there is no /proc.
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
