import Foundation

/// Negotiates permessage-deflate (RFC 7692 section 7.1) so that neither side keeps anything from message to message.
public enum DeflateOffer {
    /// The value of `Sec-WebSocket-Extensions` that accepts the first offer that can be granted; `nil` if none can.
    ///
    /// - Parameter values: every value of the request's header of that name.
    public static func accept(_ values: [String]) -> String? {
        for offer in values.flatMap({ $0.split(separator: ",") }) {
            var parts = offer.split(separator: ";", omittingEmptySubsequences: false).map(\.trimmingSpace)
            guard parts.removeFirst().lowercased() == "permessage-deflate" else { continue }
            if let answer = accept(parameters: parts) { return answer }
        }
        return nil
    }

    private static func accept(parameters: [String]) -> String? {
        var answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        var seen: Set<String> = []
        for parameter in parameters {
            let sides = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(sides[0]).trimmingSpace
            let value = sides.count > 1 ? unquoted(String(sides[1]).trimmingSpace) : nil
            guard seen.insert(name).inserted else { return nil }
            switch (name, value) {
            case ("server_no_context_takeover", nil), ("client_no_context_takeover", nil),
                ("client_max_window_bits", nil):
                break
            case ("client_max_window_bits", let bits?):
                guard windowBits(bits) != nil else { return nil }
            case ("server_max_window_bits", let bits?):
                // A smaller window would need a compression of its own.
                guard windowBits(bits) == 15 else { return nil }
                answer += "; server_max_window_bits=15"
            default:
                return nil
            }
        }
        return answer
    }

    /// 8 to 15, without leading zeros.
    private static func windowBits(_ text: String) -> Int? {
        Int(text).flatMap { (8...15).contains($0) && String($0) == text ? $0 : nil }
    }

    private static func unquoted(_ text: String) -> String {
        text.count >= 2 && text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
    }
}
