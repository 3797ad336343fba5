/// What Redis answers to a command (RESP 2).
enum RedisReply: Sendable, Hashable {
    case string([UInt8])
    case integer(Int64)
    case array([RedisReply])
    case null
    /// Such as `MOVED 42 10.0.0.1:6379`.
    case error(String)

    /// A text, or a number as text.
    var text: String? {
        switch self {
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        case .integer(let number): String(number)
        case .array, .null, .error: nil
        }
    }

    var bytes: [UInt8]? {
        guard case .string(let bytes) = self else { return nil }
        return bytes
    }

    var integer: Int64? {
        switch self {
        case .integer(let number): number
        case .string(let bytes): Int64(String(decoding: bytes, as: UTF8.self))
        case .array, .null, .error: nil
        }
    }

    var array: [RedisReply]? {
        guard case .array(let replies) = self else { return nil }
        return replies
    }

    var errorText: String? {
        guard case .error(let text) = self else { return nil }
        return text
    }

    /// An array of names and values by turns.
    var fields: [String: RedisReply] {
        guard let replies = array else { return [:] }
        var fields: [String: RedisReply] = [:]
        for index in stride(from: 0, to: replies.count - 1, by: 2) {
            if let name = replies[index].text { fields[name] = replies[index + 1] }
        }
        return fields
    }
}

/// A command with its arguments.
struct RedisCommand: Sendable {
    var arguments: [[UInt8]]

    init(_ arguments: [[UInt8]]) {
        self.arguments = arguments
    }

    init(_ arguments: String...) {
        self.arguments = arguments.map { Array($0.utf8) }
    }

    init(texts: [String]) {
        arguments = texts.map { Array($0.utf8) }
    }
}

/// Why Redis did not do what it was told.
enum RedisError: Error, Sendable, CustomStringConvertible {
    /// There is no connection: nothing was done.
    case unreachable(String)
    /// The connection broke under way: it may have been done, or not.
    case broken(String)
    /// It answered with an error.
    case refused(String)
    /// What it holds is not what was expected.
    case unexpected(String)

    var description: String {
        switch self {
        case .unreachable(let reason): "Redis can't be reached: \(reason)"
        case .broken(let reason): "The connection to Redis broke: \(reason)"
        case .refused(let reason): "Redis refused: \(reason)"
        case .unexpected(let reason): "Redis holds something unexpected: \(reason)"
        }
    }
}
