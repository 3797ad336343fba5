import Foundation
import Synchronization
import Testing

@testable import articled

@Suite("Tokens of the configuration")
struct ConfiguredTokenTests {
    private func token(_ secret: String, name: String = "ci", role: String = "editor") -> ConfiguredToken {
        let hash = SecretHash(of: secret.utf8).bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        return ConfiguredToken(argument: "\(name) \(role) \(hash.joined())")
    }

    private func accounts() throws -> Accounts {
        try Accounts(store: SQLiteStore.inMemory(), localToken: nil)
    }

    @Test("one lets in whom it stands for")
    func principal() throws {
        let accounts = try accounts()
        accounts.setConfigured([token("one")])
        let principal = try #require(accounts.principal(bearer: SecretHash(of: "one".utf8)))
        #expect(principal.name == "ci" && principal.role == .editor)
        #expect(accounts.isValid(principal.credential))
        #expect(accounts.principal(bearer: SecretHash(of: "two".utf8)) == nil)
    }

    @Test("one that is gone, or has another role, lets nobody in any longer, and open feeds hear of it")
    func revocation() throws {
        let accounts = try accounts()
        let revoked = Mutex<Set<Credential>>([])
        accounts.onRevoked { credentials in revoked.withLock { $0.formUnion(credentials) } }
        accounts.setConfigured([token("one"), token("two", name: "two"), token("three", name: "three")])
        let one = try #require(accounts.principal(bearer: SecretHash(of: "one".utf8)))
        let two = try #require(accounts.principal(bearer: SecretHash(of: "two".utf8)))
        accounts.setConfigured([token("two", name: "two", role: "viewer"), token("three", name: "three")])
        #expect(revoked.withLock { $0 } == [one.credential, two.credential])
        #expect(accounts.principal(bearer: SecretHash(of: "one".utf8)) == nil && !accounts.isValid(one.credential))
        #expect(accounts.principal(bearer: SecretHash(of: "two".utf8))?.role == .viewer)
    }

    @Test(
        "what is none is refused, without being repeated",
        arguments: [
            "", "ci", "ci editor", "ci editor 0f", "ci root \(String(repeating: "0f", count: 32))",
            "1x editor \(String(repeating: "0f", count: 32))", "ci editor \(String(repeating: "xy", count: 32))",
        ])
    func mistakes(text: String) {
        #expect { try ConfiguredToken.check([ConfiguredToken(argument: text)]) } throws: { error in
            let message = "\(error)"
            return message.contains("--token")
                && (text.split(separator: " ").last.map { !message.contains($0) } ?? true)
        }
    }

    @Test("two can't have the same hash")
    func twice() {
        #expect(throws: (any Error).self) { try ConfiguredToken.check([token("a"), token("a", name: "b")]) }
        #expect(throws: Never.self) { try ConfiguredToken.check([token("a"), token("b", name: "b")]) }
    }
}
