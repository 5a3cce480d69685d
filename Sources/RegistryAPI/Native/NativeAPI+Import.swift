internal import HTTPTypes
internal import Hummingbird
internal import ServiceCatalog

extension NativeAPI {
    /// `POST /import`: one registration a line, each whole or not at all, read as it comes.
    ///
    /// Answers 400 only when there was something and nothing of it could be used.
    func importLines(
        _ request: Request,
        _ context: APIRequestContext,
        _ authorizer: Authorizer
    ) async throws -> Response {
        let limit = context.settings.importBytesMax
        let setting = "http.import_bytes_max"
        try context.checkDeclaredSize(of: request, limit: limit, setting)
        let result = try await withThrowingTaskGroup(of: ImportRun.Outcome.self) { group in
            var run = ImportRun(native: self, authorizer: authorizer, logger: context.logger)
            var lines = LineSplitter(lineBytesMax: context.settings.bodyBytesMax)
            var totalBytes = 0
            try await context.readBody(of: request) { part in
                totalBytes += part.readableBytes
                guard totalBytes <= limit else {
                    throw APIRequestContext.tooLarge(limit, setting)
                }
                try context.share.take(part.readableBytes)
                for line in lines.take(part.readableBytesView) {
                    try await run.take(line, &group)
                }
                context.share.keep(lines.heldBytes + run.heldBytes)
            }
            if let line = lines.takeLast() { try await run.take(line, &group) }
            try await run.finish(&group)
            return run.result
        }
        let isUseless = result.imported == 0 && result.failed > 0
        return try JSONReply.response(result, status: isUseless ? .badRequest : .ok)
    }
}
