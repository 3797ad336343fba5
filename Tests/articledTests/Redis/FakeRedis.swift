import Foundation
import Synchronization

@testable import articled

#if canImport(Glibc)
    import Glibc
#endif

/// A server that answers as a test wants, for what a real Redis can't be brought to do at a certain moment.
final class FakeRedis: @unchecked Sendable {
    enum Answer {
        /// As it stands on the wire (RESP 2).
        case bytes(String)
        /// The connection ends without one.
        case hangUp

        static let ok = Answer.bytes("+OK\r\n")
        static func error(_ text: String) -> Answer { .bytes("-\(text)\r\n") }
        static func integer(_ number: Int) -> Answer { .bytes(":\(number)\r\n") }
        static func bulk(_ text: String) -> Answer { .bytes("$\(text.utf8.count)\r\n\(text)\r\n") }
        static func list(_ answers: [Answer]) -> Answer {
            .bytes(
                "*\(answers.count)\r\n"
                    + answers.map { if case .bytes(let bytes) = $0 { bytes } else { "" } }.joined())
        }
    }

    let port: Int
    private let listener: CInt
    private let answer: @Sendable ([String]) -> Answer?
    private let commands = Mutex<[[String]]>([])

    var endpoint: RedisEndpoint { RedisEndpoint(host: "127.0.0.1", port: port) }

    /// All that it was told, without what every connection begins with.
    var heard: [[String]] { commands.withLock { $0 } }

    /// - Parameter answer: `nil` for the usual answer of a primary.
    init(_ answer: @escaping @Sendable ([String]) -> Answer?) throws {
        self.answer = answer
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) | listen(listener, 16) | getsockname(listener, address, &length)
            }
        }
        guard status == 0 else { throw RedisServer.NotStarted(description: "no port: \(errno)") }
        port = Int(in_port_t(bigEndian: address.sin_port))
        Thread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0, let self else { return }
                Thread { self.serve(connection) }.start()
            }
        }.start()
    }

    deinit {
        shutdown(listener, CInt(SHUT_RDWR))
        close(listener)
    }

    private func serve(_ connection: CInt) {
        guard let file = fdopen(connection, "r+") else { return }
        defer { fclose(file) }
        while let command = Self.command(file) {
            var reply = answer(command)
            if reply == nil {
                switch command[0] {
                case "ROLE": reply = .list([.bulk("master"), .integer(0), .list([])])
                case "SCRIPT":
                    reply = .bulk(RedisScript(source: Array(command[2].utf8)).digest)
                default: reply = .ok
                }
            } else {
                commands.withLock { $0.append(command) }
            }
            guard case .bytes(let bytes) = reply else { return }
            // A write between reads wants a position; a socket has none, and the descriptor is as good.
            guard
                Array(bytes.utf8).withUnsafeBytes({ send(connection, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) })
                    > 0
            else { return }
        }
    }

    private static func command(_ file: UnsafeMutablePointer<FILE>) -> [String]? {
        guard let count = number(file, after: "*") else { return nil }
        var words: [String] = []
        for _ in 0..<count {
            guard let length = number(file, after: "$") else { return nil }
            var bytes = [UInt8](repeating: 0, count: length + 2)
            guard fread(&bytes, 1, length + 2, file) == length + 2 else { return nil }
            words.append(String(decoding: bytes.dropLast(2), as: UTF8.self))
        }
        return words
    }

    private static func number(_ file: UnsafeMutablePointer<FILE>, after sign: Character) -> Int? {
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        guard getline(&line, &capacity, file) > 0, let line else { return nil }
        let text = String(cString: line).trimmingCharacters(in: .newlines)
        return text.first == sign ? Int(text.dropFirst()) : nil
    }
}
