import Core
import Foundation

/// The tokens that `articlesctl login` has kept, one for each server: a file that only its owner can read, with a server
/// and its token on each line.
public struct LoginFile: Sendable {
    /// Where it is; it need not be there.
    public let path: String

    /// `$XDG_CONFIG_HOME/articles/logins`, else `~/.config/articles/logins`.
    public init(environment: [String: String]) {
        if let base = environment["XDG_CONFIG_HOME"], base.hasPrefix("/") {
            path = base + "/articles/logins"
        } else {
            path = (environment["HOME"] ?? NSHomeDirectory()) + "/.config/articles/logins"
        }
    }

    /// The token for a server; `nil` if there is none, or the file can't be read.
    func token(for server: ServerURL) -> String? {
        entries().first { $0.server == server.description }?.token
    }

    /// Keeps a token for a server instead of an earlier one.
    ///
    /// - Throws: `CocoaError` or `POSIXError` if the file can't be written.
    public func keep(_ token: String, for server: ServerURL) throws {
        try write(entries().filter { $0.server != server.description } + [(server.description, token)])
    }

    /// Forgets the token for a server; false if there was none.
    ///
    /// - Throws: as above.
    public func forget(_ server: ServerURL) throws -> Bool {
        let entries = entries()
        let kept = entries.filter { $0.server != server.description }
        guard kept.count < entries.count else { return false }
        try write(kept)
        return true
    }

    private func entries() -> [(server: String, token: String)] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.count == 2 ? (String(words[0]), String(words[1])) : nil
        }
    }

    /// Whoever looks sees the old file or the whole new one, and nobody else sees either.
    private func write(_ entries: [(server: String, token: String)]) throws {
        let directory = FilePath.directory(of: path)
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let temporary = path + ".new-\(ProcessInfo.processInfo.processIdentifier)"
        let text = entries.map { "\($0.server) \($0.token)\n" }.joined()
        guard
            FileManager.default.createFile(
                atPath: temporary, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw CocoaError(.fileWriteUnknown) }
        guard rename(temporary, path) == 0 else {
            let code = POSIXErrorCode(rawValue: errno) ?? .EIO
            try? FileManager.default.removeItem(atPath: temporary)
            throw POSIXError(code)
        }
    }
}
