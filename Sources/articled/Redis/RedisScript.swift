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

    static let append = embedded("append", isAudited: true)
    static let credentials = embedded("credentials", isAudited: true)
    static let record = embedded("record", isAudited: true)
    static let history = embedded("history")
    static let snapshot = embedded("snapshot")
    static let keepTicket = embedded("tickets_keep")
    static let redeemTicket = embedded("tickets_redeem")

    static let all = [append, credentials, record, history, snapshot, keepTicket, redeemTicket]

    /// - Parameter isAudited: it writes lines of the audit log.
    private static func embedded(_ name: String, isAudited: Bool = false) -> RedisScript {
        RedisScript(source: (isAudited ? bytes("audit") : []) + bytes(name))
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
