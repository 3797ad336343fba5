import CHiredis

#if canImport(Glibc)
    import Glibc
#endif

/// One connection to one Redis server, for one thread at a time: hiredis, with what may block bounded in time.
final class RedisConnection {
    let endpoint: RedisEndpoint
    private let context: UnsafeMutablePointer<redisContext>
    private var isBroken = false

    /// - Parameter timeout: for connecting and for each further step, in milliseconds.
    /// - Throws: ``RedisError`` `unreachable`.
    init(_ endpoint: RedisEndpoint, timeout: Int) throws(RedisError) {
        self.endpoint = endpoint
        guard let context = redis_connect(endpoint.host, CInt(endpoint.port), timeout) else {
            throw .unreachable("no memory for a connection to \(endpoint)")
        }
        guard context.pointee.err == 0 else {
            let reason = String(cString: redis_error_text(context))
            redisFree(context)
            throw .unreachable("\(endpoint): \(reason)")
        }
        self.context = context
    }

    deinit {
        if isBroken {
            // What is on its way must not arrive some time later, when the publisher was told that it failed.
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(context.pointee.fd, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        }
        redisFree(context)
    }

    /// Whether the server has closed it meanwhile, as far as can be told without asking.
    var isClosed: Bool {
        var byte: UInt8 = 0
        let count = recv(context.pointee.fd, &byte, 1, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT))
        return count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)
    }

    /// Sends commands together and returns the answers, in order.
    ///
    /// - Throws: ``RedisError`` `broken`; the connection is of no further use then.
    func perform(_ commands: [RedisCommand]) throws(RedisError) -> [RedisReply] {
        for command in commands { try append(command) }
        var replies: [RedisReply] = []
        replies.reserveCapacity(commands.count)
        for _ in commands { replies.append(try next()) }
        return replies
    }

    private func append(_ command: RedisCommand) throws(RedisError) {
        // Never empty, so that each argument has an address.
        let bytes = Array(command.arguments.joined()) + [0]
        let lengths = command.arguments.map(\.count)
        let status = bytes.withUnsafeBufferPointer { buffer in
            let base = UnsafeRawPointer(buffer.baseAddress!).assumingMemoryBound(to: CChar.self)
            var offset = 0
            var pointers = lengths.map { length -> UnsafePointer<CChar>? in
                defer { offset += length }
                return base + offset
            }
            return redisAppendCommandArgv(context, CInt(lengths.count), &pointers, lengths)
        }
        guard status == REDIS_OK else { throw broken() }
    }

    private func next() throws(RedisError) -> RedisReply {
        var reply: UnsafeMutableRawPointer?
        guard redisGetReply(context, &reply) == REDIS_OK, let reply else { throw broken() }
        defer { freeReplyObject(reply) }
        return Self.value(reply.assumingMemoryBound(to: redisReply.self))
    }

    private func broken() -> RedisError {
        isBroken = true
        let isTimeout = context.pointee.err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK)
        return .broken("\(endpoint): " + (isTimeout ? "no answer in time" : String(cString: redis_error_text(context))))
    }

    private static func value(_ reply: UnsafeMutablePointer<redisReply>) -> RedisReply {
        func bytes() -> [UInt8] {
            guard let text = reply.pointee.str else { return [] }
            return Array(UnsafeRawBufferPointer(start: text, count: Int(reply.pointee.len)))
        }
        switch reply.pointee.type {
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: return .string(bytes())
        case REDIS_REPLY_ERROR: return .error(String(decoding: bytes(), as: UTF8.self))
        case REDIS_REPLY_INTEGER: return .integer(reply.pointee.integer)
        case REDIS_REPLY_ARRAY:
            let elements = UnsafeBufferPointer(start: reply.pointee.element, count: Int(reply.pointee.elements))
            return .array(elements.map { $0.map(value) ?? .null })
        default: return .null
        }
    }
}
