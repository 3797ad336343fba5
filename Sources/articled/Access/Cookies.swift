import Crypto
import Foundation
import HTTPTypes

/// The cookies of the admin site, and the tokens against forgery that go with them.
enum SessionCookie {
    /// Holds the secret of a session.
    static let session = "articles_session"
    /// Ties the login form to the browser that was shown it, before there is a session.
    static let login = "articles_login"

    /// A cookie of a request (RFC 6265 section 4.2).
    static func value(_ name: String, in headers: [String]) -> Secret? {
        for header in headers {
            for pair in header.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                guard let equals = pair.firstIndex(of: "="), pair[..<equals] == name else { continue }
                let value = pair[pair.index(after: equals)...].prefix { $0 != " " }
                if !value.isEmpty, value.utf8.count <= 128 { return Secret(presented: String(value)) }
            }
        }
        return nil
    }

    /// `Set-Cookie` for a secret: out of reach for scripts, and not sent along by other sites' forms.
    ///
    /// - Parameters:
    ///   - lifetime: in seconds.
    ///   - basePath: where browsers send it.
    static func set(
        _ name: String, _ secret: Secret, lifetime: Int64, isSecure: Bool, basePath: BasePath
    ) -> String {
        "\(name)=\(secret.text); Path=\(basePath.link("/")); Max-Age=\(lifetime); HttpOnly; SameSite=Lax"
            + (isSecure ? "; Secure" : "")
    }

    static func remove(_ name: String, isSecure: Bool, basePath: BasePath) -> String {
        "\(name)=; Path=\(basePath.link("/")); Max-Age=0; HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
    }
}

/// A value that only a page of ours can have read: derived from the cookie, it fits no other session's.
struct CSRFToken: Sendable {
    let text: String

    init(for secret: Secret) {
        let key = SymmetricKey(data: Array(secret.text.utf8))
        text = Data(HMAC<SHA256>.authenticationCode(for: Array("csrf".utf8), using: key)).base64URLEncoded
    }

    /// Compares in a time that does not depend on where they differ.
    func matches(_ presented: String?) -> Bool {
        guard let presented else { return false }
        return SHA256.hash(data: Array(presented.utf8)) == SHA256.hash(data: Array(text.utf8))
    }
}

extension HTTPField.Name {
    /// Where requests with a session's cookie say that they are no other site's.
    static let csrfToken = HTTPField.Name("X-CSRF-Token")!
    /// Sent by pages that ask by themselves, without anybody having done anything.
    static let background = HTTPField.Name("X-Background")!
}
