-- Bodies that attract each other: floating point and fields.
local sqrt = math.sqrt
local SOLAR_MASS, DAYS, STEPS = 4 * math.pi * math.pi, 365.24, 250000

local function body(x, y, z, vx, vy, vz, mass)
    return {
        x = x, y = y, z = z,
        vx = vx * DAYS, vy = vy * DAYS, vz = vz * DAYS,
        mass = mass * SOLAR_MASS,
    }
end

local bodies = {
    body(0, 0, 0, 0, 0, 0, 1),
    body(4.841431442, -1.160320044, -0.103622044, 1.660076642e-03, 7.699011184e-03, -6.904600169e-05, 9.547919384e-04),
    body(8.343366718, 4.124798564, -0.403523417, -2.767425107e-03, 4.998528012e-03, 2.304172975e-05, 2.858859806e-04),
    body(12.894369562, -15.111151401, -0.223307578, 2.964601375e-03, 2.378471739e-03, -2.965895685e-05, 4.366244043e-05),
    body(15.379697114, -25.919314609, 0.179258772, 2.680677724e-03, 1.628241700e-03, -9.515922545e-05, 5.151389020e-05),
}

local function advance(step)
    local number = #bodies
    for i = 1, number do
        local one = bodies[i]
        local x, y, z, mass = one.x, one.y, one.z, one.mass
        local vx, vy, vz = one.vx, one.vy, one.vz
        for j = i + 1, number do
            local other = bodies[j]
            local dx, dy, dz = x - other.x, y - other.y, z - other.z
            local square = dx * dx + dy * dy + dz * dz
            local pull = step / (sqrt(square) * square)
            local theirs, ours = other.mass * pull, mass * pull
            vx, vy, vz = vx - dx * theirs, vy - dy * theirs, vz - dz * theirs
            other.vx = other.vx + dx * ours
            other.vy = other.vy + dy * ours
            other.vz = other.vz + dz * ours
        end
        one.vx, one.vy, one.vz = vx, vy, vz
        one.x, one.y, one.z = x + step * vx, y + step * vy, z + step * vz
    end
end

for _ = 1, STEPS do
    advance(0.01)
end
print(string.format("%.6f", bodies[1].x))
