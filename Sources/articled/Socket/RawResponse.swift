import Core
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// Answers that are given without the router, as bytes.
enum RawResponse {
    /// A problem (RFC 9457).
    ///
    /// - Parameter isLast: the connection ends after this.
    static func problem(
        _ error: ServiceError, headers: [(name: String, value: String)] = [], isLast: Bool = true, requestID: String
    ) -> ByteBuffer {
        var headers = headers
        if let retryAfter = error.retryAfter { headers.append(("Retry-After", "\(retryAfter)")) }
        if error.code == .unauthorized { headers.append(("WWW-Authenticate", ProblemMiddleware.challenge)) }
        return make(
            status: error.code.rawValue, headers: headers, type: "application/problem+json",
            body: error.problem(requestID: requestID).bytes, isLast: isLast, requestID: requestID)
    }

    static func make(
        status: Int, headers: [(name: String, value: String)], type: String, body: [UInt8], isLast: Bool,
        requestID: String
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(384 + body.count)
        // In pieces, for a string that is put together costs more than all of them.
        if status == 201 {
            buffer.writeStaticString("HTTP/1.1 201 Created\r\n")
        } else {
            buffer.writeString("HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)\r\n")
        }
        for (name, value) in headers {
            buffer.writeString(name)
            buffer.writeStaticString(": ")
            buffer.writeString(value)
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("X-Request-ID: ")
        buffer.writeString(requestID)
        buffer.writeStaticString("\r\nX-Content-Type-Options: nosniff\r\nContent-Type: ")
        buffer.writeString(type)
        buffer.writeStaticString("\r\nContent-Length: ")
        buffer.writeString(String(body.count))
        buffer.writeStaticString("\r\n")
        if isLast { buffer.writeStaticString("Connection: close\r\n") }
        buffer.writeString(commonHeaders())
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(body)
        return buffer
    }

    /// `Date` and `Server`, made once a second.
    private static func commonHeaders() -> String {
        now().headers
    }

    /// The value of `Date`.
    static func date() -> String {
        now().date
    }

    private static func now() -> Moment {
        let second = Timestamp.now.milliseconds / 1000
        return latest.withLock { latest in
            if latest.second != second {
                let date = httpDate(second)
                latest = Moment(
                    second: second, date: date, headers: "Date: \(date)\r\nServer: \(Version.product)\r\n")
            }
            return latest
        }
    }

    private struct Moment {
        /// Since 1970.
        var second: Int64 = -1
        var date = ""
        var headers = ""
    }

    /// RFC 9110 section 5.6.7; the program keeps C's locale, whose names of days and months are English.
    private static func httpDate(_ second: Int64) -> String {
        var moment = time_t(second)
        var parts = tm()
        gmtime_r(&moment, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            strftime(text.baseAddress, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            return text.baseAddress.map { String(cString: $0) } ?? ""
        }
    }

    private static let latest = Mutex(Moment())
}
