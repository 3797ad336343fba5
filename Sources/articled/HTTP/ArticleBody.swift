import Core
import Foundation
import Hummingbird
import HummingbirdCore
import NIOCore

/// An article as a request's body has it: JSON or a form.
struct ArticleBody: Sendable {
    /// Room for a body whose every character is escaped, and for the other members.
    static func maxRequestBytes(_ limits: ArticleLimits) -> Int { limits.maxBodyBytes * 6 + 32 * 1024 }

    let bytes: ByteBuffer
    /// The header; empty if there was none.
    let contentType: String
    private let isForm: Bool

    /// - Parameters:
    ///   - contentType: the header; decides how the bytes are read.
    ///   - contentEncoding: the header.
    /// - Throws: ``ServiceError`` `unsupportedMediaType`.
    init(_ bytes: ByteBuffer, contentType: String?, contentEncoding: String?) throws(ServiceError) {
        self.bytes = bytes
        self.contentType = contentType ?? ""
        isForm = try Self.isForm(self.contentType, contentEncoding)
    }

    /// Reads the whole body.
    ///
    /// - Throws: ``ServiceError``: `unsupportedMediaType`, or `contentTooLarge`.
    init(_ request: Request, limits: ArticleLimits) async throws {
        contentType = request.headers[.contentType] ?? ""
        isForm = try Self.isForm(contentType, request.headers[.contentEncoding])
        let most = Self.maxRequestBytes(limits)
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > most {
            throw ServiceError(
                .contentTooLarge,
                "The request has \(length) bytes; an article's body may have \(limits.maxBodyBytes).")
        }
        bytes = try await request.body.collect(upTo: most)
    }

    private static func isForm(_ contentType: String, _ contentEncoding: String?) throws(ServiceError) -> Bool {
        if let contentEncoding, contentEncoding.lowercased() != "identity" {
            throw ServiceError(.unsupportedMediaType, "Send the body as it is, not with Content-Encoding.")
        }
        if contentType == "application/json" { return false }
        let type = contentType.split(separator: ";").first.map { $0.lowercased().filter { $0 != " " } } ?? ""
        switch type {
        case "application/json": return false
        case "application/x-www-form-urlencoded": return true
        default:
            throw ServiceError(
                .unsupportedMediaType,
                "Send Content-Type: application/json or application/x-www-form-urlencoded, not \"\(contentType.prefix(100))\"."
            )
        }
    }

    func draft() throws(ServiceError) -> ArticleDraft {
        isForm ? try ArticleDraft(form: FormBody(bytes).pairs) : try ArticleDraft(json: json())
    }

    func patch(required: [String] = []) throws(ServiceError) -> ArticlePatch {
        isForm ? try ArticlePatch(form: FormBody(bytes).pairs) : try ArticlePatch(json: json(), required: required)
    }

    private func json() throws(ServiceError) -> JSONValue {
        let outcome = bytes.withUnsafeReadableBytes { bytes in
            Result { () throws(JSONSyntaxError) in
                try JSONParser.parse(bytes.assumingMemoryBound(to: UInt8.self))
            }
        }
        do {
            return try outcome.get()
        } catch {
            throw ServiceError(.badRequest, "The body is not valid JSON: \(error).")
        }
    }
}
