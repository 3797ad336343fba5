import Core

/// What `articled size` has found.
struct Measurements: Sendable, Hashable {
    var machine: MachineLimits
    /// Bytes of an article's text, for which the rest holds.
    var articleBytes: Int
    /// Articles a second when each is committed alone, as when publishers come one after the other.
    var alone: Double
    /// Articles a second when 64 are committed together, as when many publish at once.
    var together: Double
    /// Frames that one core sends in a second.
    var sends: Double

    var members: [JSONMember] {
        func number(_ value: Int) -> JSONValue { .integer(Int64(value)) }
        return [
            JSONMember("cores", number(machine.cores)),
            JSONMember("memory_bytes", number(machine.memory)),
            JSONMember("open_files", number(machine.openFiles)),
            JSONMember("article_bytes", number(articleBytes)),
            JSONMember("articles_per_second_alone", .number(alone.rounded())),
            JSONMember("articles_per_second_together", .number(together.rounded())),
            JSONMember("sends_per_second", .number(sends.rounded())),
        ]
    }
}
