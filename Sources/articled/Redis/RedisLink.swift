/// The way to the primary of a feed, for one thread at a time: finds it, connects, and finds it again when it has moved.
final class RedisLink {
    let configuration: RedisConfiguration
    private let route: RedisRoute
    private let timeout: Int
    private var connection: RedisConnection?
    /// In which turn of the route it was made.
    private var turn = 0
    /// Where a cluster said that the slot is.
    private var moved: RedisEndpoint?

    private static let maxRedirections = 5

    /// - Parameters:
    ///   - route: what it shares with the other links of the store.
    ///   - patience: how much longer than usual an answer may take, in milliseconds.
    init(_ configuration: RedisConfiguration, route: RedisRoute, patience: Int = 0) {
        self.configuration = configuration
        self.route = route
        timeout = configuration.timeout + patience
    }

    /// The primary that it is connected to.
    var endpoint: RedisEndpoint? { connection?.endpoint }

    func disconnect() {
        connection = nil
    }

    /// Sends commands together and returns their answers; follows where a cluster sends them.
    ///
    /// - Parameter replicas: how many replicas must have what was written, before this returns.
    /// - Returns: the answers, and how many replicas have it, if that was asked for.
    /// - Throws: ``RedisError``.
    func perform(
        _ commands: [RedisCommand], replicas: Int = 0
    ) throws(RedisError) -> (replies: [RedisReply], replicas: Int) {
        var replies = [RedisReply](repeating: .null, count: commands.count)
        var open = Array(commands.indices)
        var isAsked = false
        // The fewest that have any of it: a cluster may have sent a part elsewhere.
        var confirmed: Int?
        for _ in 0..<Self.maxRedirections {
            let connection: RedisConnection
            do {
                connection = try connected()
            } catch {
                // A part may have been done before the way was lost.
                throw open.count == commands.count ? error : .broken("\(error)")
            }
            // A slot that is moving: the next command is let in to its new place (cluster specification, ASK).
            let asking = isAsked ? [RedisCommand("ASKING")] : []
            // Counts this connection's writes, so it must go the same way.
            let wait =
                replicas > 0 ? [RedisCommand("WAIT", String(replicas), String(configuration.replicaTimeout))] : []
            let sent = open.flatMap { asking + [commands[$0]] } + wait
            var received: [RedisReply]
            do {
                received = try connection.perform(sent)
            } catch {
                self.connection = nil
                throw error
            }
            let waited = replicas > 0 ? received.removeLast() : nil
            if isAsked { received = stride(from: 1, to: received.count, by: 2).map { received[$0] } }
            for (index, reply) in zip(open, received) { replies[index] = reply }
            if isAsked {
                // The rest of the slot is where it was.
                isAsked = false
                self.connection = nil
                moved = nil
            }
            if let waited, open.contains(where: { replies[$0].errorText == nil }) {
                if let text = waited.errorText { throw .refused("WAIT: \(text)") }
                confirmed = min(confirmed ?? .max, Int(waited.integer ?? 0))
            }
            open = open.filter { Self.isRedirection(replies[$0].errorText) }
            guard let first = open.first, let text = replies[first].errorText else {
                // What was refused waits for nobody.
                return (replies, confirmed ?? replicas)
            }
            do {
                try follow(text, &isAsked)
            } catch {
                throw open.count == commands.count ? error : .broken("\(error)")
            }
        }
        throw .refused("the cluster sends from one server to the next")
    }

    /// One command's answer.
    ///
    /// - Throws: ``RedisError``, `refused` if the answer is an error.
    func perform(_ command: RedisCommand) throws(RedisError) -> RedisReply {
        let reply = try perform([command]).replies[0]
        if let text = reply.errorText { throw .refused(text) }
        return reply
    }

    private static func isRedirection(_ error: String?) -> Bool {
        guard let error else { return false }
        return ["MOVED ", "ASK ", "NOSCRIPT", "READONLY", "TRYAGAIN", "LOADING", "CLUSTERDOWN", "MASTERDOWN"].contains {
            error.hasPrefix($0)
        }
    }

    /// Does what an error asks for that says that nothing was done.
    private func follow(_ error: String, _ isAsked: inout Bool) throws(RedisError) {
        let words = error.split(separator: " ")
        switch words.first {
        case "NOSCRIPT":
            guard let connection else { return }
            try Self.loadScripts(connection)
        case "MOVED", "ASK":
            guard case .cluster = configuration.location.way else {
                throw .unreachable(
                    "\(connection?.endpoint.description ?? "it") is part of a cluster: use redis+cluster://")
            }
            guard words.count == 3, let target = RedisEndpoint(words[2], defaultPort: 6379) else {
                throw .unexpected(error)
            }
            route.counters.countRedirection()
            let host = words[2].hasPrefix(":") ? connection?.endpoint.host : nil
            moved = host.map { RedisEndpoint(host: $0, port: target.port) } ?? target
            connection = nil
            isAsked = words[0] == "ASK"
        default:
            // It is not, or not yet, a primary.
            connection = nil
            moved = nil
            throw .unreachable(error)
        }
    }

    // MARK: - Connecting

    /// Connects if need be.
    @discardableResult
    func connected() throws(RedisError) -> RedisConnection {
        let current = route.turn
        if let connection, turn == current, !connection.isClosed { return connection }
        connection = nil
        let fresh: RedisConnection
        do throws(RedisError) {
            fresh = try open()
        } catch {
            // Nothing has been sent that would do anything.
            if case .broken(let reason) = error { throw .unreachable(reason) }
            throw error
        }
        route.counters.countConnection()
        (connection, turn) = (fresh, current)
        return fresh
    }

    private func open() throws(RedisError) -> RedisConnection {
        switch configuration.location.way {
        case .server(let endpoint):
            return try open(endpoint)
        case .sentinel(let sentinels, let name):
            do throws(RedisError) {
                return try first(of: route.order(of: sentinels.count)) { index throws(RedisError) in
                    let answer = try RedisSentinel.ask(sentinels[index], name: name, configuration)
                    guard route.heard(answer, from: index) != .older else {
                        throw .unreachable("the Sentinel \(sentinels[index]) does not know the newest primary")
                    }
                    return try open(answer.primary)
                }
            } catch {
                route.forgetEpoch()
                throw error
            }
        case .cluster(let seeds):
            if let moved {
                do {
                    return try open(moved)
                } catch {
                    self.moved = nil
                }
            }
            let slot = RedisSlot.of(configuration.location.feed)
            return try first(of: seeds) { seed throws(RedisError) in
                let asked = try RedisConnection(seed, timeout: configuration.timeout)
                try authenticate(asked)
                for range in try asked.perform([RedisCommand("CLUSTER", "SLOTS")])[0].array ?? [] {
                    guard let parts = range.array, parts.count >= 3, let low = parts[0].integer,
                        let high = parts[1].integer, (low...max(low, high)).contains(slot),
                        let primary = parts[2].array, primary.count >= 2, let port = primary[1].integer
                    else { continue }
                    let host = primary[0].text ?? ""
                    return try open(RedisEndpoint(host: host.isEmpty ? seed.host : host, port: Int(port)))
                }
                throw .unreachable("nobody serves slot \(slot) of the cluster at \(seed)")
            }
        }
    }

    /// The first that works; if none does, why the last did not.
    private func first<Server>(
        of servers: [Server], _ open: (Server) throws(RedisError) -> RedisConnection
    ) throws(RedisError) -> RedisConnection {
        var last = RedisError.unreachable("no server is named")
        for server in servers {
            do {
                return try open(server)
            } catch {
                last = error
            }
        }
        throw last
    }

    private func open(_ endpoint: RedisEndpoint) throws(RedisError) -> RedisConnection {
        let connection = try RedisConnection(endpoint, timeout: timeout)
        try authenticate(connection)
        if configuration.location.database != 0 {
            let select = RedisCommand("SELECT", String(configuration.location.database))
            if let text = try connection.perform([select])[0].errorText { throw .unreachable("\(endpoint): \(text)") }
        }
        let role = try connection.perform([RedisCommand("ROLE")])[0]
        if let text = role.errorText { throw .unreachable("\(endpoint): \(text)") }
        guard role.array?.first?.text == "master" else { throw .unreachable("\(endpoint) is no primary") }
        try Self.loadScripts(connection)
        return connection
    }

    private func authenticate(_ connection: RedisConnection) throws(RedisError) {
        guard let password = configuration.password else { return }
        let command = RedisCommand(texts: ["AUTH"] + [configuration.location.user].compactMap { $0 } + [password])
        if let text = try connection.perform([command])[0].errorText {
            throw .unreachable("\(connection.endpoint): \(configuration.withoutPassword(text))")
        }
    }

    private static func loadScripts(_ connection: RedisConnection) throws(RedisError) {
        let commands = RedisScript.all.map { script in
            RedisCommand([Array("SCRIPT".utf8), Array("LOAD".utf8), script.source])
        }
        for (script, reply) in zip(RedisScript.all, try connection.perform(commands)) {
            if let text = reply.errorText { throw .unreachable("\(connection.endpoint): \(text)") }
            guard reply.text == script.digest else { throw .unexpected("another digest of a script") }
        }
    }
}

/// Which of the 16,384 parts of a cluster a key is in (Redis cluster specification).
enum RedisSlot {
    /// - Parameter hashTag: what stands in the key's braces.
    static func of(_ hashTag: String) -> Int64 {
        var checksum: UInt16 = 0
        for byte in hashTag.utf8 {
            checksum ^= UInt16(byte) << 8
            for _ in 0..<8 { checksum = checksum & 0x8000 != 0 ? checksum << 1 ^ 0x1021 : checksum << 1 }
        }
        return Int64(checksum % 16384)
    }
}
