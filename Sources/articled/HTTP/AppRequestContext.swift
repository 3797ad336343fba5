import Core
import Hummingbird
import NIOCore
import Synchronization

/// What is known of a request besides the request.
struct AppRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection that the request came on.
    let channel: any Channel
    /// Where it came from.
    var client = Client(address: nil, isSecure: false, host: "")
    /// Who makes it; nobody if it has no credentials.
    var principal: Principal?
    /// What it is called in its answer and in the log.
    var requestID = ""
    /// What the access log wants to know, if there is one.
    var notes: RequestNotes?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Writes down for the access log who makes the request.
    func noteClient() {
        notes?.client.withLock { $0 = (client.addressText, principal?.name) }
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

/// What is found out about a request on its way to a route, and is told behind it.
final class RequestNotes: Sendable {
    let client = Mutex<(address: String, user: String?)>(("", nil))
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
