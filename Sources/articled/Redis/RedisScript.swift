import Crypto
import Foundation
import RedisScripts

/// A Lua script that Redis runs as one step.
struct RedisScript: Sendable {
    let source: [UInt8]
    /// By which it is called once it was loaded: its SHA-1.
    let digest: String

    init(source: [UInt8]) {
        self.source = source
        digest = Insecure.SHA1.hash(data: source).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    func call(keys: [[UInt8]], _ arguments: [[UInt8]]) -> RedisCommand {
        RedisCommand(
            [Array("EVALSHA".utf8), Array(digest.utf8), Array(String(keys.count).utf8)] + keys + arguments)
    }

    func call(keys: [[UInt8]], _ arguments: String...) -> RedisCommand {
        call(keys: keys, arguments.map { Array($0.utf8) })
    }

    static let append = embedded("time", "audit", "append")
    static let credentials = embedded("time", "audit", "credentials")
    static let record = embedded("time", "audit", "record")
    static let accounts = embedded("accounts")
    static let history = embedded("history")
    static let giveUp = embedded("give_up")
    static let snapshot = embedded("snapshot")
    static let keepTicket = embedded("time", "tickets_keep")
    static let redeemTicket = embedded("time", "tickets_redeem")

    static let all = [append, credentials, record, accounts, history, giveUp, snapshot, keepTicket, redeemTicket]

    /// - Parameter names: of what it is put together from; the last is the script itself.
    private static func embedded(_ names: String...) -> RedisScript {
        RedisScript(source: names.flatMap(bytes))
    }

    private static func bytes(_ name: String) -> [UInt8] {
        #if DEBUG
            // Tests plant faults with it, to show that they would be noticed.
            if let folder = ProcessInfo.processInfo.environment["ARTICLED_TEST_SCRIPTS"],
                let data = FileManager.default.contents(atPath: "\(folder)/\(name).lua")
            {
                return Array(data)
            }
        #endif
        var count: UInt = 0
        let scripts = UnsafeBufferPointer(start: redis_scripts(&count), count: Int(count))
        guard let script = scripts.first(where: { String(cString: $0.name) == name }) else {
            preconditionFailure("the script \(name) is compiled into the binary")
        }
        return Array(UnsafeBufferPointer(start: script.bytes, count: Int(script.length)))
    }
}
