/// One member of a request that breaks a rule.
public struct FieldError: Hashable, Sendable {
    /// The member's name.
    public let field: String
    /// What is wrong, to be read after the name: "must not be empty".
    public let message: String

    public init(field: String, message: String) {
        self.field = field
        self.message = message
    }
}

/// Why a request could not be served: a code for programs, a text that a user can act on, and the cause for the log.
public struct ServiceError: Error, Sendable {
    /// The status of an HTTP answer with this error (RFC 9110 section 15).
    public enum Code: Int, Sendable {
        case badRequest = 400
        case unauthorized = 401
        case forbidden = 403
        case notFound = 404
        case methodNotAllowed = 405
        case notAcceptable = 406
        case conflict = 409
        case preconditionFailed = 412
        case contentTooLarge = 413
        case unsupportedMediaType = 415
        case misdirected = 421
        case unprocessable = 422
        case upgradeRequired = 426
        case tooManyRequests = 429
        case headerTooLarge = 431
        case requestTimeout = 408
        case internalError = 500
        case notImplemented = 501
        case unavailable = 503
    }

    /// For programs.
    public let code: Code
    /// One or two sentences for the caller: what, where, how to mend.
    public let detail: String
    /// For `unprocessable`: which members, and why.
    public let errors: [FieldError]
    /// Seconds after which a retry makes sense, for `tooManyRequests` and `unavailable`.
    public let retryAfter: Int?
    /// What happened underneath; goes to the log and never to the caller.
    public let cause: (any Error)?

    public init(
        _ code: Code, _ detail: String, errors: [FieldError] = [], retryAfter: Int? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.detail = detail
        self.errors = errors
        self.retryAfter = retryAfter
        self.cause = cause
    }

    /// 422 with one error for each member.
    public init(invalid errors: [FieldError]) {
        let detail = errors.map { "\($0.field) \($0.message)" }.joined(separator: "; ")
        self.init(.unprocessable, detail, errors: errors)
    }
}

extension ServiceError: CustomStringConvertible {
    public var description: String { "\(code.title): \(detail)" }
}

extension ServiceError.Code {
    /// The standard reason phrase (RFC 9110 section 15).
    public var title: String {
        switch self {
        case .badRequest: "Bad Request"
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .notFound: "Not Found"
        case .methodNotAllowed: "Method Not Allowed"
        case .notAcceptable: "Not Acceptable"
        case .requestTimeout: "Request Timeout"
        case .conflict: "Conflict"
        case .preconditionFailed: "Precondition Failed"
        case .contentTooLarge: "Content Too Large"
        case .unsupportedMediaType: "Unsupported Media Type"
        case .misdirected: "Misdirected Request"
        case .unprocessable: "Unprocessable Content"
        case .upgradeRequired: "Upgrade Required"
        case .tooManyRequests: "Too Many Requests"
        case .headerTooLarge: "Request Header Fields Too Large"
        case .internalError: "Internal Server Error"
        case .notImplemented: "Not Implemented"
        case .unavailable: "Service Unavailable"
        }
    }
}

extension ServiceError {
    /// `application/problem+json` (RFC 9457 section 3).
    ///
    /// - Parameter requestID: what the request is called in the log; `nil` for a part of a request.
    public func problem(requestID: String? = nil) -> JSONValue {
        var members: [JSONMember] = [
            JSONMember("type", .string("about:blank")),
            JSONMember("title", .string(code.title)),
            JSONMember("status", .integer(Int64(code.rawValue))),
            JSONMember("detail", .string(detail)),
        ]
        if !errors.isEmpty {
            let list = errors.map { error in
                JSONValue.object([
                    JSONMember("field", .string(error.field)), JSONMember("message", .string(error.message)),
                ])
            }
            members.append(JSONMember("errors", .array(list)))
        }
        if let requestID { members.append(JSONMember("request_id", .string(requestID))) }
        return .object(members)
    }
}
