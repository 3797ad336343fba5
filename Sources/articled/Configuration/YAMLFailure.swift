import Yams

/// What the YAML parser can't read, where, in words that help.
struct YAMLFailure {
    /// Counted from 1, as the column.
    private(set) var line = 1
    private(set) var column = 1
    let message: String

    init(_ error: any Error) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            let before = context.map { "\($0.text) in line \($0.mark.line), " } ?? ""
            let hint = problem.contains("mapping values are not allowed") ? "; put a value with a colon in quotes" : ""
            message = "this is no YAML: \(before)\(problem)\(hint)"
            (line, column) = (mark.line, mark.column)
        case YamlError.reader(let problem, let offset, _, let yaml):
            message = "this is no YAML: \(problem)"
            let before = yaml.prefix(offset ?? 0)
            line = before.count { $0.isNewline } + 1
            column = before.reversed().prefix { !$0.isNewline }.count + 1
        case YamlError.duplicatedKeysInMapping(let names, let context):
            message = "these keys are there twice: \(names.joined(separator: ", "))"
            (line, column) = (context.mark.line, context.mark.column)
        default:
            message = "this is no YAML: \(error)"
        }
    }
}
