import Crypto
import Foundation
import Synchronization

/// Passwords that have been checked a moment ago, so that not every request with HTTP Basic costs a check.
///
/// What is kept is a keyed hash, whose key is gone with the process. A changed password no longer fits the account's
/// hash, and so is not known.
final class KnownPasswords: Sendable {
    private struct Entry {
        let hash: PasswordHash
        let checked: ContinuousClock.Instant
    }

    private static let maxEntries = 1000
    private static let lifetime = Duration.seconds(300)

    private let key = SymmetricKey(size: .bits256)
    private let entries = Mutex<[Data: Entry]>([:])

    func contains(name: String, password: String, hash: PasswordHash) -> Bool {
        let code = code(name, password)
        return entries.withLock { entries in
            guard let entry = entries[code] else { return false }
            guard entry.hash == hash, entry.checked.duration(to: .now) < Self.lifetime else {
                entries[code] = nil
                return false
            }
            return true
        }
    }

    func insert(name: String, password: String, hash: PasswordHash) {
        let code = code(name, password)
        entries.withLock { entries in
            if entries.count >= Self.maxEntries, let oldest = entries.min(by: { $0.value.checked < $1.value.checked }) {
                entries[oldest.key] = nil
            }
            entries[code] = Entry(hash: hash, checked: .now)
        }
    }

    private func code(_ name: String, _ password: String) -> Data {
        // A name has no line feed.
        Data(HMAC<SHA256>.authenticationCode(for: Array("\(name)\n\(password)".utf8), using: key))
    }
}
