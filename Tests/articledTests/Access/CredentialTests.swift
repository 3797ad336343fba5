import Core
import Foundation
import Testing

@testable import articled

@Suite("What lets in")
struct CredentialTests {
    @Test("secrets are long, random, and safe in URLs and cookies")
    func secrets() {
        let texts = (0..<1000).map { _ in Secret().text }
        #expect(Set(texts).count == 1000)
        #expect(
            texts.allSatisfy {
                $0.count == 43 && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
            })
    }

    @Test("a hash is kept and read again")
    func hashes() throws {
        let secret = Secret()
        #expect(secret.hash.bytes.count == 32)
        #expect(SecretHash(stored: secret.hash.bytes) == secret.hash)
        #expect(SecretHash(stored: Data([1, 2])) == nil)
        #expect(Secret(presented: secret.text).hash == secret.hash)
    }

    private let cheap = PasswordHash.Cost(logRounds: 4, blockSize: 8, parallelism: 1)

    @Test("a password fits its hash and no other")
    func passwords() throws {
        let hash = try PasswordHash(of: "correct horse", cost: cheap)
        #expect(hash.text.hasPrefix("$scrypt$ln=4,r=8,p=1$"))
        #expect(try hash.matches("correct horse"))
        for wrong in ["correct horsf", "", "correct horse "] { #expect(try !hash.matches(wrong)) }
        #expect(try PasswordHash(of: "correct horse", cost: cheap) != hash)
        #expect(try PasswordHash(stored: hash.text).matches("correct horse"))
        // Composed and not, it looks and is typed alike.
        #expect(try PasswordHash(of: "caf\u{E9} noir", cost: cheap).matches("cafe\u{301} noir"))
    }

    @Test("what stands for nobody is made like a password's and fits none")
    func nobody() throws {
        let hash = PasswordHash.fittingNothing(cost: cheap)
        #expect(hash.cost == cheap && hash != PasswordHash.fittingNothing(cost: cheap))
        #expect(try !hash.matches("") && !hash.matches("correct horse"))
    }

    @Test("scrypt is that of RFC 7914 section 12")
    func vector() throws {
        let hash = PasswordHash(
            stored: "$scrypt$ln=10,r=8,p=16$\(Data("NaCl".utf8).base64EncodedString())$"
                // The first half of the 64 bytes.
                + "/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI=")
        #expect(try hash.matches("password"))
    }

    @Test(
        "what is no hash fits nothing",
        arguments: ["", "x", "$scrypt$ln=99,r=8,p=1$AAAA$AAAA", "$bcrypt$a$b$c", "$$$$"])
    func damaged(text: String) throws {
        #expect(try !PasswordHash(stored: text).matches(""))
    }

    @Test("a cookie is found among others, and only by its whole name")
    func cookies() {
        func value(_ headers: String...) -> String? { SessionCookie.value("articles_session", in: headers)?.text }
        #expect(value("a=b; articles_session=xyz; c=d") == "xyz")
        #expect(value("a=b", "articles_session=xyz") == "xyz")
        #expect(value("xarticles_session=1; articles_sessionx=2; =; articles_session") == nil)
        #expect(value("articles_session=") == nil)
        #expect(value("articles_session=" + String(repeating: "x", count: 1000)) == nil)
    }

    @Test("a form's token fits the session that it was made for")
    func forgery() {
        let (one, other) = (Secret(), Secret())
        #expect(CSRFToken(for: one).matches(CSRFToken(for: one).text))
        #expect(!CSRFToken(for: one).matches(CSRFToken(for: other).text))
        #expect(!CSRFToken(for: one).matches(nil) && !CSRFToken(for: one).matches(""))
        #expect(CSRFToken(for: one).text != one.text)
    }

    @Test("tickets are good once")
    func tickets() throws {
        let tickets = Tickets()
        let principal = Principal(name: "ada", role: .viewer, credential: .token(id: 1))
        let secret = Secret()
        try tickets.keep(secret.hash, of: principal)
        #expect(tickets.redeem(Secret().hash) == nil)
        #expect(tickets.redeem(secret.hash) == principal)
        #expect(tickets.redeem(secret.hash) == nil)
    }

    @Test(
        "names are such as can be shown everywhere",
        arguments: ["ada", "A.b-c_d@e+f9", String(repeating: "x", count: 64)])
    func names(name: String) throws {
        try Account.checkName(name)
    }

    @Test(
        "other names are refused",
        arguments: [
            "", "a b", "a:b", "é", "local", "LOCAL", "add", "7", "7up", "..", "-x", "a/b", "<b>", "a\n",
            String(repeating: "x", count: 65),
        ])
    func badNames(name: String) {
        #expect(throws: ServiceError.self) { try Account.checkName(name) }
    }

    @Test("roles contain those below them")
    func roles() {
        #expect(Role.viewer < .editor && Role.editor < .admin && !(Role.admin < .admin))
    }
}
