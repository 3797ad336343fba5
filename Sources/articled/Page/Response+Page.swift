import HTTPTypes
import Hummingbird
import NIOCore

extension Document {
    static func page(_ html: String) -> Document {
        Document(Array(html.utf8), mediaType: "text/html; charset=utf-8")
    }
}

extension Response {
    /// A page, for whoever asks for it again if it has changed.
    static func page(_ document: Document, to request: Request, status: HTTPResponse.Status = .ok) -> Response {
        .document(document, to: request, status: status, headers: pageHeaders)
    }

    /// A page that is for one person, once.
    static func page(_ html: String, status: HTTPResponse.Status = .ok) -> Response {
        var headers = pageHeaders
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: html)))
    }

    /// They let a page load nothing but the daemon's own files.
    private static let pageHeaders: HTTPFields = [
        .contentSecurityPolicy: contentSecurityPolicy, .referrerPolicy: "same-origin", .cacheControl: "no-cache",
    ]

    private static let contentSecurityPolicy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
        "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
    ].joined(separator: "; ")
}

extension HTTPField.Name {
    fileprivate static let referrerPolicy = Self("Referrer-Policy")!
}
