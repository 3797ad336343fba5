import Core

/// Flags for `articled serve`, each with its reason: a pure function of what was measured.
struct Recommendation: Sendable, Hashable {
    struct Flag: Sendable, Hashable {
        let name: String
        let value: String
        let reason: String
    }

    let flags: [Flag]
    /// What no flag changes.
    let notes: [String]

    /// A publisher who waits longer for its answer may give up: what is queued should be stored before.
    private static let longestWait = 5.0
    /// Of the memory, for the queue and for the events in memory: the rest is for subscribers and the page cache.
    private static let share = 16
    /// What an idle subscriber costs, as docs/benchmarks.md has it, with room for the kernel's part.
    private static let bytesOfSubscriber = 16 * 1024
    /// Descriptors that are no subscriber's: the store, listeners, requests.
    private static let otherFiles = 200
    private static let mebibyte = 1024 * 1024

    init(_ found: Measurements) {
        let (machine, text) = (found.machine, found.articleBytes)
        let memoryShare = max(Self.mebibyte, machine.memory / Self.share)

        let queued = Self.rounded(Int(max(100, min(1_000_000, found.together * Self.longestWait))))
        let queueBytes = max(1, min(1024, min(memoryShare, max(64 * Self.mebibyte, queued * text)) / Self.mebibyte))
        // Read at every start, so that more than this would make starts slow.
        let backlogBytes = max(1, min(256, memoryShare / Self.mebibyte))
        let backlog = Self.rounded(max(1000, min(1_000_000, backlogBytes * Self.mebibyte / (text + 300))))
        flags = [
            Flag(
                name: "--threads", value: String(machine.cores),
                reason: "one event loop for each core (the default)"),
            Flag(
                name: "--queue", value: "\(queued),\(queueBytes)MiB",
                reason: "what this disk stores in \(Int(Self.longestWait)) s; beyond it publishers get 503 at once"),
            Flag(
                name: "--backlog", value: "\(backlog),\(backlogBytes)MiB",
                reason: "a sixteenth of the memory, 256 MiB at most: whoever misses less is served without the disk"),
        ]

        let byFiles = max(0, machine.openFiles - Self.otherFiles)
        let byMemory = machine.memory / 2 / Self.bytesOfSubscriber
        var notes = [
            "Subscribers: at most \(Self.rounded(min(byFiles, byMemory))), because of "
                + (byFiles <= byMemory ? "the limit on open files (ulimit -n, LimitNOFILE)." : "the memory."),
            "Deliveries: at most \(Self.rounded(Int(found.sends))) a second from each core, so one article reaches "
                + "1,000 subscribers in \(Self.milliseconds(1000 / max(1, found.sends))) ms or more.",
            "Articles: \(Self.rounded(Int(found.alone))) a second from one publisher, "
                + "\(Self.rounded(Int(found.together))) from many.",
        ]
        if found.alone < 100 {
            notes.append("This disk takes long to write durably; a faster one is the first thing to change.")
        }
        self.notes = notes
    }

    /// As a line for a shell.
    var commandLine: String {
        (["articled serve"] + flags.map { "\($0.name) \($0.value)" }).joined(separator: " ")
    }

    var members: [JSONMember] {
        [
            JSONMember(
                "flags", .object(flags.map { JSONMember(String($0.name.dropFirst(2)), .string($0.value)) })),
            JSONMember("notes", .array(notes.map { .string($0) })),
        ]
    }

    /// Down to two digits, for none of this is more exact.
    static func rounded(_ number: Int) -> Int {
        var unit = 1
        while number / unit >= 100 { unit *= 10 }
        return number / unit * unit
    }

    private static func milliseconds(_ seconds: Double) -> String {
        let tenths = max(1, Int((seconds * 10_000).rounded()))
        return "\(tenths / 10).\(tenths % 10)"
    }
}
