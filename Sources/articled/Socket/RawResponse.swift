import Core
import NIOCore

/// Answers that are given before a request reaches the router.
enum RawResponse {
    /// A problem, after which the connection ends.
    static func problem(_ error: ServiceError, headers: [(String, String)] = []) -> ByteBuffer {
        let body = error.problem.bytes
        var lines = [
            "HTTP/1.1 \(error.code.rawValue) \(error.code.title)", "Content-Type: application/problem+json",
            "Content-Length: \(body.count)", "Connection: close",
        ]
        if let retryAfter = error.retryAfter { lines.append("Retry-After: \(retryAfter)") }
        lines += headers.map { "\($0.0): \($0.1)" }
        var buffer = ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n")
        buffer.writeBytes(body)
        return buffer
    }
}
