import Synchronization

/// What all connections of a store know together of where the primary is.
final class RedisRoute: Sendable {
    private struct State {
        var turn = 0
        /// The newest configuration epoch that a Sentinel has spoken of.
        var epoch: Int64 = -1
        /// Which of the Sentinels answered last.
        var preferred = 0
    }

    private let state = Mutex(State())
    let counters: RedisCounters

    init(counters: RedisCounters = RedisCounters()) {
        self.counters = counters
    }

    /// Connections of an earlier turn are not used any more: they may lead to who was the primary.
    var turn: Int { state.withLock { $0.turn } }

    /// Makes everybody look for the primary again.
    func turnOver() {
        state.withLock { $0.turn += 1 }
    }

    // MARK: - Sentinels

    /// Which Sentinel is asked first: who has answered lately, for each that does not costs time.
    func order(of count: Int) -> [Int] {
        let first = state.withLock { $0.preferred }
        return (0..<count).map { (first + $0) % count }
    }

    /// What an answer is worth: a Sentinel that was cut off goes on naming an old primary.
    enum Standing {
        case older, known, newer
    }

    /// Takes up what a Sentinel says.
    func heard(_ answer: RedisSentinel.Answer, from index: Int) -> Standing {
        state.withLock { state in
            guard answer.epoch >= state.epoch else { return .older }
            state.preferred = index
            defer { state.epoch = answer.epoch }
            return answer.epoch > state.epoch ? .newer : .known
        }
    }

    /// Begins anew with the Sentinels: none with the newest epoch can be reached, or all were set up again.
    func forgetEpoch() {
        state.withLock { $0.epoch = -1 }
    }
}

/// A Sentinel, asked for the primary.
enum RedisSentinel {
    struct Answer: Hashable, Sendable {
        let primary: RedisEndpoint
        /// How often the primary has changed, as far as it knows; 0 if it does not say.
        let epoch: Int64
    }

    /// - Throws: ``RedisError``, with what the Sentinel says.
    static func ask(
        _ sentinel: RedisEndpoint, name: String, _ configuration: RedisConfiguration
    ) throws(RedisError) -> Answer {
        let asked = try RedisConnection(sentinel, timeout: configuration.timeout)
        let questions = [
            RedisCommand("SENTINEL", "get-master-addr-by-name", name), RedisCommand("SENTINEL", "MASTER", name),
        ]
        var replies = try asked.perform(questions)
        if replies[0].errorText?.hasPrefix("NOAUTH") == true, let password = configuration.password {
            let login = try asked.perform([RedisCommand("AUTH", password)])[0]
            if let text = login.errorText {
                throw .unreachable("the Sentinel \(sentinel): \(configuration.withoutPassword(text))")
            }
            replies = try asked.perform(questions)
        }
        if let text = replies[0].errorText {
            throw .unreachable("the Sentinel \(sentinel): \(text)")
        }
        guard let address = replies[0].array, address.count == 2, let host = address[0].text,
            let port = address[1].integer
        else { throw .unreachable("the Sentinel \(sentinel) knows no primary \"\(name)\"") }
        return Answer(
            primary: RedisEndpoint(host: host, port: Int(port)),
            epoch: replies[1].fields["config-epoch"]?.integer ?? 0)
    }
}
