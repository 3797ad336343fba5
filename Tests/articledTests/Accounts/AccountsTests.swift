import Core
import Foundation
import Synchronization
import Testing

@testable import articled

@Suite("Accounts, tokens and sessions")
struct AccountsTests {
    private let root = AuditActor(name: "root", address: "192.0.2.1")

    private func open(_ kind: StoreUnderTest) throws -> Accounts {
        try Accounts(store: kind.open(), localToken: "machine", limits: Self.limits)
    }

    private static var limits: Accounts.Limits {
        var limits = Accounts.Limits()
        limits.passwordCost.logRounds = 4
        limits.sessionsPerAccount = 3
        return limits
    }

    private func session(
        _ accounts: Accounts, _ name: String, replacing previous: Secret? = nil
    ) async throws -> Secret {
        try await accounts.openSession(for: name, replacing: previous, address: "192.0.2.7", agent: "test").secret
    }

    @Test("the machine's token is admin, and nothing else is somebody", arguments: StoreUnderTest.allCases)
    func local(_ kind: StoreUnderTest) throws {
        let accounts = try open(kind)
        #expect(accounts.principal(bearer: SecretHash(of: "machine".utf8))?.role == .admin)
        #expect(accounts.principal(bearer: SecretHash(of: "other".utf8)) == nil)
        #expect(accounts.principal(bearer: SecretHash(of: "".utf8)) == nil)
        #expect(!accounts.hasAdmin)
    }

    @Test("what was added is there after a start", arguments: StoreUnderTest.allCases)
    func lasting(_ kind: StoreUnderTest) async throws {
        let accounts = try open(kind)
        let administration = accounts.administration(by: root)
        try await administration.addAccount("Ada", role: .editor, password: "correct horse")
        let token = try await administration.createToken("ci", role: .viewer, expires: nil)
        let secret = try await session(accounts, "ada")
        let again = try Accounts(store: accounts.store, localToken: nil, limits: Self.limits)
        #expect(again.principal(bearer: SecretHash(of: token.text.utf8))?.name == "ci")
        #expect(again.principal(session: secret)?.name == "Ada")
        #expect(try await again.principal(name: "ADA", password: "correct horse")?.role == .editor)
        #expect(try await again.principal(name: "ada", password: "wrong horse") == nil)
        #expect(again.principal(bearer: SecretHash(of: "machine".utf8)) == nil)
    }

    @Test("a name is somebody's, whether account or token", arguments: StoreUnderTest.allCases)
    func unique(_ kind: StoreUnderTest) async throws {
        let accounts = try open(kind)
        let administration = accounts.administration(by: root)
        try await administration.addAccount("ada", role: .viewer, password: "correct horse")
        _ = try await administration.createToken("ci", role: .viewer, expires: nil)
        await #expect(throws: ServiceError.self) {
            try await administration.addAccount("CI", role: .viewer, password: "correct horse")
        }
        await #expect(throws: ServiceError.self) {
            _ = try await administration.createToken("Ada", role: .viewer, expires: nil)
        }
    }

    @Test("a further session ends the oldest, and a login ends the one before it", arguments: StoreUnderTest.allCases)
    func sessions(_ kind: StoreUnderTest) async throws {
        let accounts = try open(kind)
        try await accounts.administration(by: root).addAccount("ada", role: .viewer, password: "correct horse")
        var secrets: [Secret] = []
        for _ in 0..<4 { secrets.append(try await session(accounts, "ada")) }
        #expect(accounts.principal(session: secrets[0]) == nil)
        #expect(secrets[1...].allSatisfy { accounts.principal(session: $0) != nil })
        let last = try await session(accounts, "ada", replacing: secrets[3])
        #expect(accounts.principal(session: secrets[3]) == nil)
        #expect(accounts.principal(session: last) != nil)
    }

    @Test("sessions end by idleness and by age, tokens at their time", arguments: StoreUnderTest.allCases)
    func time(_ kind: StoreUnderTest) async throws {
        let accounts = try open(kind)
        let administration = accounts.administration(by: root)
        try await administration.addAccount("ada", role: .viewer, password: "correct horse")
        let secret = try await session(accounts, "ada")
        let start = Timestamp.now
        func later(_ hours: Int64) -> Timestamp {
            Timestamp(milliseconds: start.milliseconds + hours * 3_600_000)
        }
        let token = try await administration.createToken("ci", role: .viewer, expires: later(2))
        #expect(accounts.principal(bearer: SecretHash(of: token.text.utf8), at: later(1)) != nil)
        #expect(accounts.principal(bearer: SecretHash(of: token.text.utf8), at: later(3)) == nil)
        // Kept alive by use, but not by what pages ask for themselves.
        #expect(accounts.principal(session: secret, at: later(11)) != nil)
        #expect(accounts.principal(session: secret, isUse: false, at: later(22)) != nil)
        #expect(accounts.principal(session: secret, at: later(24)) == nil)
        var hour: Int64 = 22
        while hour < 14 * 24 {
            #expect(accounts.principal(session: secret, at: later(hour)) != nil)
            hour += 10
        }
        #expect(accounts.principal(session: secret, at: later(14 * 24 + 1)) == nil)
    }

    @Test("whoever is taken back is named", arguments: StoreUnderTest.allCases)
    func revocation(_ kind: StoreUnderTest) async throws {
        let accounts = try open(kind)
        let administration = accounts.administration(by: root)
        try await administration.addAccount("ada", role: .editor, password: "correct horse")
        try await administration.addAccount("bob", role: .admin, password: "correct horse")
        let token = try await administration.createToken("ci", role: .viewer, expires: nil)
        _ = try await session(accounts, "ada")
        let revoked = Log()
        accounts.onRevoked { revoked.add($0) }

        try await administration.revokeToken("ci")
        #expect(revoked.take() == [.token(id: token.summary.id)])
        try await administration.setRole(of: "ada", to: .admin)
        #expect(revoked.take() == [])
        try await administration.setRole(of: "ada", to: .viewer)
        #expect(revoked.take() == [.session(id: 1), .password(account: 1)])
        try await administration.removeAccount("ada")
        #expect(revoked.take() == [.session(id: 1), .password(account: 1)])
        await #expect(throws: ServiceError.self) { try await administration.removeAccount("bob") }
        #expect(revoked.take() == [])
    }

    private final class Log: Sendable {
        private let credentials = Mutex<Set<Credential>>([])
        func add(_ new: Set<Credential>) { credentials.withLock { $0.formUnion(new) } }
        func take() -> Set<Credential> {
            credentials.withLock { credentials in
                defer { credentials = [] }
                return credentials
            }
        }
    }

    @Test("everything that was done is in the audit log", arguments: StoreUnderTest.allCases)
    func audit(_ kind: StoreUnderTest) async throws {
        let accounts = try open(kind)
        let administration = accounts.administration(by: root)
        try await administration.addAccount("ada", role: .editor, password: "correct horse")
        try await administration.setRole(of: "ada", to: .editor)
        try await administration.setRole(of: "ada", to: .viewer)
        try await administration.setPassword(of: "ada", to: "another horse")
        try await administration.removeAccount("ada")
        let entries = try await accounts.store.audit(AuditQuery(limit: 10))
        #expect(entries.map(\.action) == [.accountRemoved, .passwordChanged, .roleChanged, .accountAdded])
        #expect(entries.allSatisfy { $0.actor == root && $0.subject == "ada" })
        #expect(entries[2].detail == "editor → viewer")
    }
}
