import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// An answer in HTML that can load nothing but the daemon's own files.
    static func page(_ html: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8",
                .contentSecurityPolicy: contentSecurityPolicy,
                .xContentTypeOptions: "nosniff",
                .referrerPolicy: "same-origin",
                .cacheControl: "no-cache",
            ],
            body: .init(byteBuffer: ByteBuffer(string: html)))
    }

    /// An embedded file; 304 to a browser that has it (RFC 9110 section 13.1.2).
    static func asset(_ asset: AssetLibrary.Asset, to request: Request, cacheControl: String) -> Response {
        var headers: HTTPFields = [
            .contentType: asset.mediaType, .xContentTypeOptions: "nosniff", .eTag: asset.etag,
            .cacheControl: cacheControl,
        ]
        let known = request.headers[.ifNoneMatch]?.split(separator: ",").map { tag in
            // The comparison is weak here: `W/"x"` is `"x"`.
            tag.drop { $0 == " " }.trimmingPrefix("W/").prefix { $0 != " " }
        }
        if let known, known.contains("*") || known.contains(Substring(asset.etag)) {
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: asset.content))
    }

    private static let contentSecurityPolicy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
        "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
    ].joined(separator: "; ")
}

extension HTTPField.Name {
    fileprivate static let referrerPolicy = Self("Referrer-Policy")!
}
