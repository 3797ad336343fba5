import Core
import Hummingbird
import NIOCore

/// What is known of a request besides the request.
struct AppRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection that the request came on.
    let channel: any Channel
    /// Where it came from.
    var client = Client(address: nil, isSecure: false, host: "")
    /// Who makes it; nobody if it has no credentials.
    var principal: Principal?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Who makes the request, if that is somebody who may.
    ///
    /// - Throws: ``ServiceError``: `unauthorized` if nobody, `forbidden` if the role is not enough.
    func require(_ role: Role) throws(ServiceError) -> Principal {
        guard let principal else {
            throw ServiceError(.unauthorized, "Send the header Authorization: Bearer with a token.")
        }
        try principal.require(role)
        return principal
    }

    /// Who does it and from where, for the audit log.
    func auditActor(_ principal: Principal) -> AuditActor {
        AuditActor(name: principal.name, address: client.addressText)
    }
}

extension Principal {
    /// - Throws: ``ServiceError`` `forbidden`.
    func require(_ role: Role) throws(ServiceError) {
        guard self.role >= role else {
            throw ServiceError(
                .forbidden, "\(name) is \(self.role.rawValue); this needs the role \(role.rawValue).")
        }
    }
}
