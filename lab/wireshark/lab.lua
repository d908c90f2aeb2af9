-- The framed protocols of programs 4, 13, 14, 15 and 20, for Wireshark and tshark:
--
--     wireshark -X lua_script:lab/wireshark/lab.lua
--
-- | part    | bytes                                                                                |
-- |---------|--------------------------------------------------------------------------------------|
-- | command | text up to a newline (13, 15)                                                        |
-- | length  | 4, signed, little-endian: how long the header is; 0 in program 15: there is none     |
-- | header  | JSON, or in program 15 bincode: name and md5, each behind a u64 length; the size, u64 |
-- | body    | as many as the header says                                                           |
--
-- A part that came in several segments is shown at the last of them.

local lab = Proto("lab", "Network lab: framed protocols")
local fields = {
    command = ProtoField.string("lab.command", "Command"),
    length = ProtoField.int32("lab.length", "Length of the header"),
    json = ProtoField.string("lab.json", "JSON"),
    filename = ProtoField.string("lab.filename", "File name"),
    md5 = ProtoField.string("lab.md5", "md5"),
    file_size = ProtoField.uint64("lab.file_size", "File size"),
    body = ProtoField.bytes("lab.body", "Body"),
}
for _, field in pairs(fields) do
    table.insert(lab.fields, field)
end
local bad = ProtoExpert.new("lab.bad", "Neither a command nor a frame", expert.group.MALFORMED, expert.severity.ERROR)
lab.experts = { bad }
lab.prefs.ports = Pref.range("TCP ports", "8080,9001", "Where to expect these protocols; elsewhere they are recognised", 65535)

local LARGEST_HEADER = 65536
-- The names of a body's size in the JSON headers of programs 4, 13 (get and ls), 14 and 20.
local SIZES = { "size", "filesize", "listsize", "file_size", "file_siz", "data_size" }

local stream_of = Field.new("tcp.stream")
-- The connections that have begun as one of these do.
local ours = {}
-- The last command of each connection: its word, and the port that it came from.
local commands = {}
-- Whether a body follows a header of program 15, by the header's place: found out once, in the order of time.
local has_body = {}

function lab.init()
    ours, commands, has_body = {}, {}, {}
end

-- The text of a command that begins at `at`, or nil. No length of a header is four letters.
local function command_at(tvb, at)
    local text = tvb:raw(at)
    local line = text:match("^[^\n]*\n") or text
    if line:find("^%a[%g \128-\255]*[\r]?\n?$") then
        return line
    end
end

local function json_body(text)
    -- The answer to an upload (14) repeats the size of what came.
    if text:find('"md5"') then
        return 0
    end
    for _, name in ipairs(SIZES) do
        local size = text:match('"' .. name .. '"%s*:%s*(%d+)')
        if size then
            return tonumber(size)
        end
    end
    return 0
end

-- The parts of a bincode header, or nil: the ranges of name, md5 and size.
local function bincode(header)
    local parts, at = {}, 0
    for _ = 1, 2 do
        if header:len() < at + 8 then
            return nil
        end
        local length = header(at, 8):le_uint64():tonumber()
        if length > header:len() - at - 8 then
            return nil
        end
        table.insert(parts, { at + 8, length })
        at = at + 8 + length
    end
    if header:len() ~= at + 8 then
        return nil
    end
    return parts[1], parts[2], header(at, 8)
end

-- After `get` the server sends a file, after `put` the client does; the answer to a put is a header alone.
local function bincode_body(size, place, pinfo, stream)
    if not pinfo.visited then
        local command = commands[stream]
        local own = command and command.port == pinfo.src_port
        has_body[place] = command and ((command.word == "put") == own) or false
    end
    return has_body[place] and size or 0
end

-- Shows the part that begins at `at`. Returns where the next one begins; or nil, and how many bytes are
-- still to come.
local function part(tvb, at, pinfo, tree, summary)
    local left = tvb:len() - at
    local stream = stream_of().value
    local length = left >= 4 and tvb(at, 4):le_int()
    if not length or length < 0 or length > LARGEST_HEADER then
        local line = command_at(tvb, at)
        if not line and not length then
            return nil, DESEGMENT_ONE_MORE_SEGMENT
        elseif not line then
            tree:add_proto_expert_info(bad)
            return tvb:len()
        elseif not line:find("\n$") then
            return nil, DESEGMENT_ONE_MORE_SEGMENT
        end
        if not pinfo.visited then
            commands[stream] = { word = line:match("^%a+"), port = pinfo.src_port }
        end
        tree:add(fields.command, tvb(at, #line), (line:gsub("%s+$", "")))
        table.insert(summary, (line:gsub("%s+$", "")))
        return at + #line
    end
    if left < 4 + length then
        -- Not a count of bytes: a body that begins in the same segment would be lost when Wireshark reads again.
        return nil, DESEGMENT_ONE_MORE_SEGMENT
    end
    local size, header = 0, length > 0 and tvb(at + 4, length)
    local name, md5, file_size
    local is_json = header and tvb:raw(at + 4, 1) == "{"
    if is_json then
        size = json_body(header:string())
    elseif header then
        name, md5, file_size = bincode(header:tvb())
        if file_size then
            local place = pinfo.number .. ":" .. at .. ":" .. tvb:len()
            size = bincode_body(file_size:le_uint64():tonumber(), place, pinfo, stream)
        end
    end
    if left < 4 + length + size then
        return nil, 4 + length + size - left
    end
    local frame = tree:add(lab, tvb(at, 4 + length + size), "Frame")
    frame:add_le(fields.length, tvb(at, 4))
    if is_json then
        frame:add(fields.json, header, header:string(ENC_UTF_8))
        table.insert(summary, header:string(ENC_UTF_8))
    elseif file_size then
        frame:add(fields.filename, header:range(name[1], name[2]), header:range(name[1], name[2]):string(ENC_UTF_8))
        frame:add(fields.md5, header:range(md5[1], md5[2]), header:range(md5[1], md5[2]):string())
        frame:add_le(fields.file_size, header:range(length - 8, 8))
        table.insert(summary, string.format("bincode of %d bytes", length))
    elseif header then
        frame:add_proto_expert_info(bad)
    else
        table.insert(summary, "length 0")
    end
    if size > 0 then
        frame:add(fields.body, tvb(at + 4 + length, size))
        table.insert(summary, string.format("body %d bytes", size))
    end
    return at + 4 + length + size
end

-- Whether a conversation begins as one of these: with a command of the file transfers, or with a frame whose
-- header is JSON; its length may come alone.
local function begins(tvb)
    if tvb:len() >= 4 then
        local length = tvb(0, 4):le_int()
        if length > 1 and length <= LARGEST_HEADER then
            return tvb:len() == 4 or tvb:raw(4, 1) == "{"
        end
    end
    local line = tvb:raw():match("^[^\n]*\n")
    return line == "ls\n" or line == "quit\n" or (line and line:find("^[gp][eu]t %g") ~= nil)
end

function lab.dissector(tvb, pinfo, tree)
    local stream = stream_of().value
    if not ours[stream] and not begins(tvb) then
        return 0
    end
    ours[stream] = true
    local subtree = tree:add(lab, tvb())
    local at, summary = 0, {}
    while at < tvb:len() do
        local next_at, more = part(tvb, at, pinfo, subtree, summary)
        if not next_at then
            pinfo.desegment_offset, pinfo.desegment_len = at, more
            break
        end
        at = next_at
    end
    if #summary > 0 then
        pinfo.cols.protocol = "LAB"
        pinfo.cols.info = table.concat(summary, " · ")
    end
    return tvb:len()
end

lab:register_heuristic("tcp", function(tvb, pinfo, tree)
    local is_ours = begins(tvb)
    if is_ours then
        pinfo.conversation = lab
        lab.dissector(tvb, pinfo, tree)
    end
    return is_ours
end)

local tcp_ports = DissectorTable.get("tcp.port")
tcp_ports:add_for_decode_as(lab)
tcp_ports:add(lab.prefs.ports, lab)
local ports = lab.prefs.ports
function lab.prefs_changed()
    tcp_ports:remove(ports, lab)
    ports = lab.prefs.ports
    tcp_ports:add(ports, lab)
end
