import Core
import Foundation

/// Tells from a request's credentials who makes it.
struct Authenticator: Sendable {
    let accounts: Accounts
    let throttle: LoginThrottle
    let refusals: Refusals

    /// What can be said about a request's credentials at once.
    enum Finding {
        /// Nobody, if there are none.
        case known(Principal?)
        case refused(ServiceError)
        /// A password that must be checked, which takes its time: ``Authenticator/check(_:from:)``.
        case password(NameAndPassword)
    }

    /// What HTTP Basic carries (RFC 7617).
    struct NameAndPassword: Sendable, Hashable {
        let name: String
        let password: String
    }

    /// Looks at the headers of a request. Headers win over the cookie; a cookie that is no longer good is no error, for
    /// browsers keep it.
    ///
    /// - Parameter isUse: a session is kept alive by it.
    func look(authorization values: [String], cookies: [String], isUse: Bool = true) -> Finding {
        guard let value = values.first else {
            guard let secret = SessionCookie.value(SessionCookie.session, in: cookies) else { return .known(nil) }
            return .known(accounts.principal(session: secret, isUse: isUse))
        }
        guard values.count == 1 else {
            return .refused(ServiceError(.unauthorized, "There is more than one Authorization header."))
        }
        if let token = Self.bearerToken(value) {
            guard let principal = accounts.principal(bearer: SecretHash(of: token)) else {
                return .refused(invalidToken)
            }
            return .known(principal)
        }
        guard let basic = Self.nameAndPassword(value) else {
            return .refused(
                ServiceError(.unauthorized, "Only Authorization: Bearer with a token, and Basic, are understood."))
        }
        return .password(basic)
    }

    /// Who made a request; nobody if it has no credentials.
    ///
    /// - Throws: ``ServiceError``: `unauthorized` if they are wrong, `tooManyRequests` after too many wrong ones.
    func principal(
        authorization: [String], cookies: [String], isUse: Bool, from address: IPAddress?
    ) async throws -> Principal? {
        switch look(authorization: authorization, cookies: cookies, isUse: isUse) {
        case .known(let principal): return principal
        case .refused(let error): throw error
        case .password(let basic): return try await check(basic, from: address)
        }
    }

    /// Who a bearer token stands for, without waiting for anything.
    ///
    /// - Parameter hash: the token's; `nil` if there is none.
    /// - Throws: ``ServiceError`` `unauthorized`.
    func principal(bearer hash: SecretHash?) throws(ServiceError) -> Principal {
        guard let hash, let principal = accounts.principal(bearer: hash) else { throw invalidToken }
        return principal
    }

    /// Whose name and password these are; slows down who guesses.
    ///
    /// - Throws: ``ServiceError``: `unauthorized`, `tooManyRequests`, or `unavailable` if too many are being checked.
    func check(_ basic: NameAndPassword, from address: IPAddress?) async throws -> Principal {
        guard accounts.isLoaded else { throw Self.unknown }
        if !accounts.isKnown(name: basic.name, password: basic.password) {
            do {
                try throttle.attempt(basic.name, from: address)
            } catch {
                refusals.count(.login)
                throw error
            }
        }
        let found: Principal?
        do {
            found = try await accounts.principal(name: basic.name, password: basic.password)
        } catch {
            // It was not the fault of who asked.
            throttle.succeeded(basic.name, from: address)
            throw error
        }
        guard let principal = found else {
            // A name that nobody has may be a password in the wrong field.
            let name = accounts.account(named: basic.name)?.name
            try await accounts.store.record(
                AuditRecord(
                    actor: AuditActor(name: name ?? "", address: address?.description ?? ""), action: .loginFailed,
                    detail: name == nil ? "no such account" : nil))
            throw ServiceError(.unauthorized, "The name or the password is wrong.")
        }
        throttle.succeeded(basic.name, from: address)
        return principal
    }

    /// While nobody is known it can't be said that a token is nobody's.
    private var invalidToken: ServiceError {
        guard accounts.isLoaded else { return Self.unknown }
        return ServiceError(.unauthorized, "The token is not valid: it is mistyped, has expired or was revoked.")
    }

    private static var unknown: ServiceError {
        ServiceError(.unavailable, "The store can't be reached, so nobody is known here yet.", retryAfter: 1)
    }

    /// What stands behind `Bearer ` in a header; `nil` if it is of another kind (RFC 6750 section 2.1).
    static func bearerToken(_ header: String) -> Substring.UTF8View? {
        let scheme: StaticString = "bearer"
        let bytes = header.utf8
        guard bytes.count > scheme.utf8CodeUnitCount + 1 else { return nil }
        var index = bytes.startIndex
        for position in 0..<scheme.utf8CodeUnitCount {
            guard bytes[index] | 0x20 == scheme.utf8Start[position] else { return nil }
            index = bytes.index(after: index)
        }
        guard bytes[index] == UInt8(ascii: " ") else { return nil }
        return bytes[bytes.index(after: index)...]
    }

    /// What stands behind `Basic ` in a header (RFC 7617 section 2).
    static func nameAndPassword(_ header: String) -> NameAndPassword? {
        guard header.prefix(6).lowercased() == "basic ",
            let data = Data(base64Encoded: header.dropFirst(6).trimmingCharacters(in: .whitespaces)),
            let text = String(validating: data, as: UTF8.self), let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        return NameAndPassword(
            name: String(text[..<colon]), password: String(text[text.utf8.index(after: colon)...]))
    }
}
