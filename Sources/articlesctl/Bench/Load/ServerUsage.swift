import LoadSockets

/// What the server's processes use, looked at from outside: CPU time and resident memory, summed up.
struct ServerUsage: Sendable {
    /// In bytes.
    struct Memory: Sendable, Equatable {
        /// Before anybody was connected, with all subscribers at rest, and the most that was seen from then on.
        var before: Int64 = 0
        var idle: Int64 = 0
        var peak: Int64 = 0
    }

    private let processes: [Int32]
    private(set) var memory = Memory()
    private var cpuAtStart: Int64 = 0
    private var cpuAtEnd: Int64 = 0
    private var deliveries = -1

    /// - Returns: `nil` without processes.
    init?(_ processes: [Int32]) {
        guard !processes.isEmpty else { return nil }
        self.processes = processes
        memory.before = Self.sum(processes, load_memory_of)
    }

    /// Whether a process can be looked at.
    static func isThere(_ process: Int32) -> Bool { load_cpu_of(process) >= 0 && load_memory_of(process) >= 0 }

    /// All are connected, and nothing is sent yet.
    mutating func begin() {
        memory.idle = Self.sum(processes, load_memory_of)
        memory.peak = memory.idle
        cpuAtStart = Self.sum(processes, load_cpu_of)
        cpuAtEnd = cpuAtStart
    }

    /// Looks again; what is used after the last delivery is not the load's.
    mutating func look(deliveries: Int) {
        memory.peak = max(memory.peak, Self.sum(processes, load_memory_of))
        guard deliveries != self.deliveries else { return }
        self.deliveries = deliveries
        cpuAtEnd = Self.sum(processes, load_cpu_of)
    }

    /// In nanoseconds, from the first article to the last delivery.
    var cpu: Int64 { max(0, cpuAtEnd - cpuAtStart) }

    private static func sum(_ processes: [Int32], _ look: (Int32) -> Int64) -> Int64 {
        processes.reduce(0) { $0 + max(0, look($1)) }
    }
}
