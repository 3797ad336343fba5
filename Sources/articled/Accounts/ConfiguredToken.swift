import ArgumentParser
import Foundation

/// A token that the configuration has: `NAME ROLE HASH`. The hash is the SHA-256 of the token, so that whoever reads the
/// configuration can't use it.
struct ConfiguredToken: ExpressibleByArgument, Hashable, Sendable {
    let name: String
    let role: Role
    let hash: SecretHash
    /// Why this is none; the other members mean nothing then.
    private let mistake: String?

    /// - Parameter argument: it is not repeated by any message, for it may be a token by mistake.
    init(argument: String) {
        let words = argument.split(whereSeparator: \.isWhitespace).map(String.init)
        let bytes = words.count == 3 ? Data(hexadecimal: words[2]) : nil
        name = words.first ?? ""
        role = words.count == 3 ? Role(rawValue: words[1]) ?? .viewer : .viewer
        hash = bytes.flatMap { SecretHash(stored: $0) } ?? SecretHash(of: [])
        if words.count != 3 {
            mistake = "is NAME ROLE HASH, with blanks between"
        } else if (try? Account.checkName(words[0])) == nil {
            mistake = "has a name that no token may have"
        } else if Role(rawValue: words[1]) == nil {
            mistake = "has a role that is not \(Role.choices)"
        } else if bytes?.count != 32 {
            mistake = "does not have 64 hexadecimal digits at its end, the SHA-256 of the token"
        } else {
            mistake = nil
        }
    }

    /// - Throws: `ValidationError` if one of them is none, or two have the same name or the same hash.
    static func check(_ tokens: [ConfiguredToken]) throws {
        for (index, token) in tokens.enumerated() {
            let which = tokens.count == 1 ? "--token" : "--token, number \(index + 1),"
            if let mistake = token.mistake { throw ValidationError("\(which) \(mistake).") }
            let earlier = tokens[..<index]
            if earlier.contains(where: { $0.name.lowercased() == token.name.lowercased() }) {
                throw ValidationError("\(which) has the name \(token.name), which another one has.")
            }
            if earlier.contains(where: { $0.hash == token.hash }) {
                throw ValidationError("\(which) has the same hash as another one.")
            }
        }
    }
}

/// All tokens of the configuration.
struct ConfiguredTokens: Sendable {
    private(set) var principals: [SecretHash: Principal] = [:]
    private(set) var ids: Set<Int64> = []

    init(_ tokens: [ConfiguredToken] = []) {
        for token in tokens {
            let id = token.hash.bytes.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
            ids.insert(id)
            principals[token.hash] = Principal(name: token.name, role: token.role, credential: .configured(id: id))
        }
    }

    /// What let somebody in that others do not, or not as the same.
    func credentials(notIn others: ConfiguredTokens) -> Set<Credential> {
        Set(principals.filter { others.principals[$0.key] != $0.value }.map(\.value.credential))
    }
}

extension Data {
    /// `nil` if a text has anything but pairs of hexadecimal digits.
    init?(hexadecimal text: String) {
        let digits = text.utf8.map { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.count.isMultiple(of: 2), digits.allSatisfy({ $0 != nil }) else { return nil }
        let values = digits.compactMap { $0 }
        self.init(stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] })
    }
}
