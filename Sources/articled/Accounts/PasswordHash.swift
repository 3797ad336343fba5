import Core
import CryptoExtras
import Foundation

/// A password as it is kept: `$scrypt$ln=15,r=8,p=3$<salt>$<hash>` (RFC 7914; the form is that of the PHC string format).
struct PasswordHash: Sendable, Hashable {
    /// What a guess costs.
    struct Cost: Sendable, Hashable {
        /// The binary logarithm of scrypt's N.
        var logRounds = 15
        var blockSize = 8
        var parallelism = 3
    }

    let text: String

    private static let saltLength = 16
    private static let hashLength = 32
    static let minLength = 8
    /// Longer ones would only cost time.
    static let maxBytes = 1024

    /// As it was stored.
    init(stored text: String) {
        self.text = text
    }

    /// Takes tens of milliseconds and megabytes: not for event loops.
    init(of password: String, cost: Cost) throws {
        let salt = Data(Secret().hash.bytes.prefix(Self.saltLength))
        let hash = try Self.derive(password, salt: salt, cost: cost)
        text = Self.text(cost, salt: salt, hash: hash)
    }

    /// One that no password has, and that takes as long to find that out.
    static func fittingNothing(cost: Cost) -> PasswordHash {
        let (salt, hash) = (Secret().hash.bytes.prefix(saltLength), Secret().hash.bytes)
        return PasswordHash(stored: text(cost, salt: Data(salt), hash: hash))
    }

    private static func text(_ cost: Cost, salt: Data, hash: Data) -> String {
        [
            "", "scrypt", "ln=\(cost.logRounds),r=\(cost.blockSize),p=\(cost.parallelism)", salt.base64EncodedString(),
            hash.base64EncodedString(),
        ].joined(separator: "$")
    }

    /// Whether it is that password's. Takes as long as making it did.
    func matches(_ password: String) throws -> Bool {
        guard let parts else { return false }
        let derived = try Self.derive(password, salt: parts.salt, cost: parts.cost)
        guard derived.count == parts.hash.count else { return false }
        // The same time wherever they differ.
        return zip(derived, parts.hash).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    var cost: Cost? { parts?.cost }

    private var parts: (cost: Cost, salt: Data, hash: Data)? {
        let fields = text.split(separator: "$", omittingEmptySubsequences: false)
        guard fields.count == 5, fields[1] == "scrypt", let salt = Data(base64Encoded: String(fields[3])),
            let hash = Data(base64Encoded: String(fields[4])), hash.count == Self.hashLength
        else { return nil }
        var numbers: [Substring: Int] = [:]
        for pair in fields[2].split(separator: ",") {
            let parts = pair.split(separator: "=")
            if parts.count == 2, let number = Int(parts[1]) { numbers[parts[0]] = number }
        }
        guard let logRounds = numbers["ln"], (1...24).contains(logRounds), let blockSize = numbers["r"],
            (1...64).contains(blockSize), let parallelism = numbers["p"], (1...64).contains(parallelism)
        else { return nil }
        return (Cost(logRounds: logRounds, blockSize: blockSize, parallelism: parallelism), salt, hash)
    }

    private static func derive(_ password: String, salt: Data, cost: Cost) throws -> Data {
        let rounds = 1 << cost.logRounds
        // The same text can be typed in several ways that look alike (Unicode Annex #15).
        let typed = Data(password.precomposedStringWithCanonicalMapping.utf8)
        let key = try KDF.Scrypt.deriveKey(
            from: typed, salt: salt, outputByteCount: hashLength, rounds: rounds, blockSize: cost.blockSize,
            parallelism: cost.parallelism,
            maxMemory: 128 * cost.blockSize * (rounds + cost.parallelism) + 1024 * 1024)
        return key.withUnsafeBytes { Data($0) }
    }

    /// - Throws: ``ServiceError`` `unprocessable` if nobody should use the password.
    static func check(_ password: String, name: String, field: String = "password") throws(ServiceError) {
        let problem: String? =
            if password.count < minLength {
                "has \(password.count) characters; at least \(minLength) are needed"
            } else if password.utf8.count > maxBytes {
                "has \(password.utf8.count) bytes; at most \(maxBytes) are allowed"
            } else if password.lowercased() == name.lowercased() {
                "must not be the account's name"
            } else if Set(password).count == 1 {
                "must not be one character repeated"
            } else {
                nil
            }
        if let problem { throw ServiceError(invalid: [FieldError(field: field, message: problem)]) }
    }
}
