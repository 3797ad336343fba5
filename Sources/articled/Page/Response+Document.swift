import Core
import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// A document, compressed for those who take that; 304 to those who have it (RFC 9110 section 13.2.2).
    ///
    /// - Parameters:
    ///   - lastModified: when it became what it is, in seconds since 1970; `nil` where only its hash can tell.
    ///   - headers: what is to be said besides type, encoding and validators.
    static func document(
        _ document: Document, to request: Request, status: HTTPResponse.Status = .ok, lastModified: Int64? = nil,
        headers: HTTPFields
    ) -> Response {
        var headers = headers
        let compressed = request.acceptsGzip ? document.compressed : nil
        headers[.xContentTypeOptions] = "nosniff"
        headers[.eTag] = compressed == nil ? "\"\(document.hash)\"" : "\"\(document.hash)-gzip\""
        headers[.vary] = "Accept-Encoding"
        // One that lies ahead would be no date that a client could give back (RFC 9110 section 8.8.2.1).
        if let lastModified, lastModified <= Timestamp.now.milliseconds / 1000 {
            headers[.lastModified] = HTTPDate.text(lastModified)
        }
        if status == .ok, request.knows(document.hash, lastModified: lastModified) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = document.mediaType
        if compressed != nil { headers[.contentEncoding] = "gzip" }
        return Response(status: status, headers: headers, body: .init(byteBuffer: compressed ?? document.content))
    }
}

extension Request {
    /// RFC 9110 section 12.5.3.
    fileprivate var acceptsGzip: Bool {
        for value in headers[values: .acceptEncoding] where value.utf8.count <= 1000 {
            let ranges = value.split(separator: ",").map(MediaRange.init)
            for name in ["gzip", "*"] {
                if let range = ranges.first(where: { $0.type == name }) { return range.quality > 0 }
            }
        }
        return false
    }

    /// Whether the client has the document, in whatever encoding, by its own word.
    fileprivate func knows(_ hash: String, lastModified: Int64?) -> Bool {
        let tags = headers[values: .ifNoneMatch]
        guard tags.isEmpty else {
            // Compared weakly (section 13.1.2); where there are tags, times do not count (section 13.1.3).
            return tags.flatMap { $0.split(separator: ",") }.contains { tag in
                let tag = tag.drop { $0 == " " }.trimmingPrefix("W/").prefix { $0 != " " }
                return tag == "*" || tag == "\"\(hash)\"" || tag == "\"\(hash)-gzip\""
            }
        }
        guard let lastModified, let known = headers[.ifModifiedSince].flatMap(HTTPDate.seconds) else { return false }
        return lastModified <= known
    }
}
