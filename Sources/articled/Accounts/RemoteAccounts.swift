import AsyncHTTPClient
import Core
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// Changes accounts and tokens through the daemon that has the data directory, with the machine's own token.
struct RemoteAccounts: AccountAdministration {
    private let base: String
    private let token: String
    private let tls: TLSConfiguration
    /// How long the daemon may take.
    private static let timeout = TimeAmount.seconds(30)
    /// Where nobody listens nobody is waited for: the daemon may have gone without taking its address with it.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// - Throws: ``StoreError`` if the directory does not say where its daemon is.
    init(dataDirectory path: String) throws {
        func line(_ file: String) throws -> String {
            do {
                return try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            } catch {
                throw StoreError(
                    code: .inUse,
                    message: "An articled is using \(path), but \(file) can't be read. "
                        + "Run this as the daemon's user, or wait until it has started.")
            }
        }
        base = try line(path + "/url")
        token = try line(path + "/local-token")
        // The daemon wrote its address into a directory of its own, and it is on this machine: what it shows to the
        // world may be for another name, and expired.
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        self.tls = tls
    }

    func listAccounts() async throws -> [AccountSummary] {
        try results(await send(.GET, "/api/accounts/")).map(Self.account)
    }

    func addAccount(_ name: String, role: Role, password: String) async throws {
        _ = try await send(
            .POST, "/api/accounts/",
            [
                JSONMember("name", .string(name)), JSONMember("role", .string(role.rawValue)),
                JSONMember("password", .string(password)),
            ])
    }

    func setPassword(of name: String, to password: String) async throws {
        _ = try await send(.PATCH, Self.path(name), [JSONMember("password", .string(password))])
    }

    func setRole(of name: String, to role: Role) async throws {
        _ = try await send(.PATCH, Self.path(name), [JSONMember("role", .string(role.rawValue))])
    }

    func removeAccount(_ name: String) async throws {
        _ = try await send(.DELETE, Self.path(name))
    }

    func listTokens() async throws -> [TokenSummary] {
        try results(await send(.GET, "/api/tokens/")).map(Self.token)
    }

    func createToken(_ name: String, role: Role, expires: Timestamp?) async throws -> CreatedToken {
        var members = [JSONMember("name", .string(name)), JSONMember("role", .string(role.rawValue))]
        if let expires { members.append(JSONMember("expires", .string(expires.description))) }
        let answer = try await send(.POST, "/api/tokens/", members)
        return CreatedToken(
            summary: try Self.token(answer), text: try JSONObject(answer, path: "token").string("token"))
    }

    func revokeToken(_ nameOrID: String) async throws {
        _ = try await send(.DELETE, "/api/tokens/\(Self.escaped(nameOrID))/")
    }

    // MARK: - HTTP

    private static func path(_ name: String) -> String { "/api/accounts/\(escaped(name))/" }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    }

    /// - Throws: ``ServiceError``: what the daemon refuses, or `unavailable` if it does not answer.
    private func send(_ method: HTTPMethod, _ path: String, _ members: [JSONMember]? = nil) async throws -> JSONValue {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        request.tlsConfiguration = tls
        // The library names a host only where there is one; a socket with a path has none.
        if base.contains("+unix://") { request.headers.add(name: "Host", value: "localhost") }
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        if let members {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(JSONValue.object(members).bytes)
        }
        let status: UInt
        let body: ByteBuffer
        do {
            let response = try await Self.http.execute(request, timeout: Self.timeout)
            status = response.status.code
            body = try await response.body.collect(upTo: 64 * 1024 * 1024)
        } catch {
            throw ServiceError(
                .unavailable, "The daemon at \(base) does not answer. See its log, or stop it and try again.",
                cause: error)
        }
        guard body.readableBytes > 0 else { return .null }
        let json: JSONValue
        do {
            json = try JSONParser.parse(Array(body.readableBytesView))
        } catch {
            throw ServiceError(.unavailable, "What answers at \(base) is no articled.", cause: error)
        }
        guard status < 300 else {
            throw ServiceError(
                ServiceError.Code(rawValue: Int(status)) ?? .internalError,
                json["detail"]?.stringValue ?? "The daemon answered \(status).")
        }
        return json
    }

    private func results(_ json: JSONValue) throws -> [JSONValue] {
        guard let results = json["results"]?.arrayValue else {
            throw ServiceError(.unavailable, "What answers at \(base) is no articled of this version.")
        }
        return results
    }

    private static func account(_ json: JSONValue) throws -> AccountSummary {
        let object = try JSONObject(json, path: "account")
        return AccountSummary(
            name: try object.string("name"), role: try role(object), created: try object.timestamp("created"),
            lastLogin: try object.optionalTimestamp("last_login"))
    }

    private static func token(_ json: JSONValue) throws -> TokenSummary {
        let object = try JSONObject(json, path: "token")
        return TokenSummary(
            id: try object.integer("id"), name: try object.string("name"), role: try role(object),
            created: try object.timestamp("created"), createdBy: try object.string("created_by"),
            expires: try object.optionalTimestamp("expires"), lastUsed: try object.optionalTimestamp("last_used"))
    }

    private static func role(_ object: JSONObject) throws -> Role {
        let name = try object.string("role")
        guard let role = Role(rawValue: name) else {
            throw JSONShapeError(path: "role", reason: "must be \(Role.choices), not \(name)")
        }
        return role
    }
}
