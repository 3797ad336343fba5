public import Core
import Foundation
import NIOHTTP1

/// How a server answered a simple request.
public struct Probe: Sendable, Hashable {
    /// From sending to the end of the answer.
    public let duration: Duration
    /// The server's clock; `nil` if it does not tell.
    public let date: Timestamp?
    /// What it calls itself, such as `articled/1.0`; `nil` if it does not tell.
    public let product: String?
}

extension ArticlesClient {
    /// Asks for a path that needs no credential, such as `/healthz`.
    public func probe(_ path: String) async throws(ClientError) -> Probe {
        let start = ContinuousClock.now
        let answer = try await call(.GET, path)
        return Probe(
            duration: start.duration(to: .now), date: answer.headers.first(name: "date").flatMap(Self.timestamp),
            product: answer.headers.first(name: "server"))
    }

    /// Reads `Tue, 24 Nov 2026 13:59:15 GMT` (RFC 9110 section 5.6.7).
    static func timestamp(httpDate text: String) -> Timestamp? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp("\(words[3])-\(number)-\(words[1])T\(words[4])Z")
    }
}
