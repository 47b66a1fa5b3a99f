using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text.Json;
using Grpc.Core;
using Inference.Server.Failures;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Recsys.V1;

namespace Inference.Server.Json;

/// <summary>
/// RecommendStream as lines of JSON: a question in, an answer out, in the order of the questions. The answer to a line that cannot be read says why; the stream goes on. What ends the
/// stream before its time is told by a last line of another shape, {"problem": ...}.
/// </summary>
/// <remarks>
/// The service promises one answer for each question in their order, so the endpoint need not know how it does that: a broken line goes through as a question that is refused at once, and its answer is replaced.
/// Memory is bounded by the service, which reads nothing while too many answers wait to be written.
/// </remarks>
internal sealed class RecommendLines(JsonRoute route, JsonParts parts, DuplexStreamingServerMethod<RecommendStreamRequest, RecommendStreamResponse> method) : JsonEndpoint(route, parts)
{
    protected override async Task AnswerAsync(HttpContext http, JsonCall call)
    {
        // A caller may have nothing to ask for a while; whoever does not read the answers is still cut off.
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        http.Response.ContentType = "application/x-ndjson";
        // The head goes at once, for callers who ask only when they see that somebody answers.
        await http.Response.BodyWriter.FlushAsync(call.CancellationToken);
        var faults = new ConcurrentQueue<Failure?>();
        var questions = new Questions(http.Request.BodyReader, Parts.Options.MaxReceiveBytes, faults);
        var answers = new Answers(http.Response.BodyWriter, faults, call.CancellationToken);
        await Parts.Failures.DuplexStreamingServerHandler(questions, answers, call, method);
    }

    protected override async ValueTask EndAsync(HttpContext http, Failure failure, string requestId)
    {
        PipeWriter writer = http.Response.BodyWriter;
        await using (var json = new Utf8JsonWriter((IBufferWriter<byte>)writer))
        {
            json.WriteStartObject();
            json.WritePropertyName("problem");
            Problem.Write(json, failure, requestId);
            json.WriteEndObject();
        }

        writer.Write("\n"u8);
        await writer.FlushAsync(http.RequestAborted);
    }

    /// <summary>Lines of the body as questions; empty lines are none.</summary>
    private sealed class Questions(PipeReader reader, int mostBytes, ConcurrentQueue<Failure?> faults) : IAsyncStreamReader<RecommendStreamRequest>
    {
        /// <summary>Stands for a line that cannot be read. It breaks a rule, so it costs nothing.</summary>
        private static readonly RecommendStreamRequest Unreadable = new() { Request = new RecommendRequest { Limit = -1 } };

        private int _line;
        private bool _isOver;

        public RecommendStreamRequest Current { get; private set; } = Unreadable;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            while (true)
            {
                ReadResult read = await RequestBody.ReadPieceAsync(reader, cancellationToken);
                ReadOnlySequence<byte> buffer = read.Buffer;
                SequencePosition? end = buffer.PositionOf((byte)'\n');
                if (end is null && !read.IsCompleted)
                {
                    // Of a line that is too long nothing is kept.
                    _isOver |= buffer.Length > mostBytes;
                    reader.AdvanceTo(_isOver ? buffer.End : buffer.Start, buffer.End);
                    continue;
                }

                if (end is null && buffer.IsEmpty && !_isOver)
                {
                    reader.AdvanceTo(buffer.End);
                    return false;
                }

                ReadOnlySequence<byte> line = end is { } at ? buffer.Slice(0, at) : buffer;
                _line++;
                bool isQuestion = _isOver || !IsBlank(line);
                if (isQuestion)
                    Take(line);
                _isOver = false;
                reader.AdvanceTo(end is { } there ? buffer.GetPosition(1, there) : buffer.End);
                if (isQuestion)
                    return true;
            }
        }

        private void Take(ReadOnlySequence<byte> line)
        {
            Failure? failure;
            RecommendStreamRequest? question = null;
            if (_isOver || line.Length > mostBytes)
                failure = HttpFailures.TooLarge($"Line {_line}", mostBytes);
            else
                question = JsonMessages.Read<RecommendStreamRequest>(line, out failure, _line);
            faults.Enqueue(failure);
            Current = question ?? Unreadable;
        }

        private static bool IsBlank(ReadOnlySequence<byte> line)
        {
            foreach (ReadOnlyMemory<byte> piece in line)
            {
                if (piece.Span.IndexOfAnyExcept(" \t\r"u8) >= 0)
                    return false;
            }

            return true;
        }
    }

    /// <summary>Answers as lines; each is sent before the next one is taken, unless the next one is said to come along.</summary>
    private sealed class Answers(PipeWriter writer, ConcurrentQueue<Failure?> faults, CancellationToken gone) : IServerStreamWriter<RecommendStreamResponse>
    {
        public WriteOptions? WriteOptions { get; set; }

        public async Task WriteAsync(RecommendStreamResponse message)
        {
            if (faults.TryDequeue(out Failure? fault) && fault is not null)
                message = new RecommendStreamResponse { Error = fault.ToRpcStatus() };
            JsonMessages.Write(message, writer);
            writer.Write("\n"u8);
            if ((WriteOptions?.Flags & WriteFlags.BufferHint) != WriteFlags.BufferHint)
                await writer.FlushAsync(gone);
        }
    }
}
