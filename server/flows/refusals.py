"""What the hub says no to outside the stream: a stable code, its HTTP status, and the words a person reads.

Each code has a heading in docs/errors.md. Nothing that a person wrote is lost by any of them.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Code(StrEnum):
    """Why a call around the stream was refused."""

    NOT_FOUND = "not-found"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    BAD_REQUEST = "bad-request"
    BODY_OVERSIZED = "body-oversized"
    BUSY = "busy"
    INTERNAL = "internal"
    SESSION_EXPIRED = "session-expired"
    NOT_ENTITLED = "not-entitled"
    ORIGIN_FOREIGN = "origin-foreign"
    SLOW_DOWN = "slow-down"
    ENROLMENT_UNKNOWN = "enrolment-unknown"
    ENROLMENT_USED = "enrolment-used"
    ENROLMENT_EXPIRED = "enrolment-expired"
    KEY_INVALID = "key-invalid"
    SUITE_UNKNOWN = "suite-unknown"
    POINT_UNKNOWN = "point-unknown"
    DEVICE_UNKNOWN = "device-unknown"
    DEVICE_REVOKED = "device-revoked"
    SIGN_IN_FAILED = "sign-in-failed"
    PASSWORD_SHORT = "password-short"  # noqa: S105 - a code
    CHALLENGE_EXPIRED = "challenge-expired"
    SIGNATURE_INVALID = "signature-invalid"
    ATTACHMENT_OVERSIZED = "attachment-oversized"
    ATTACHMENT_HASH = "attachment-hash"
    ATTACHMENT_NOT_IMAGE = "attachment-not-image"
    UPLOAD_VERSION = "upload-version"
    UPLOAD_TYPE = "upload-type"
    UPLOAD_OFFSET = "upload-offset"
    UPLOAD_CHECKSUM = "upload-checksum"
    FOLLOW_NOT_FOUND = "follow-not-found"
    FETCH_NOT_FOUND = "fetch-not-found"


@dataclass(frozen=True, slots=True)
class Says:
    """A code's HTTP status and its Chinese message; `{name}` stands for a parameter."""

    status: int
    zh: str


SAYS: dict[Code, Says] = {
    Code.NOT_FOUND: Says(404, "没有找到您要的内容。"),
    Code.METHOD_NOT_ALLOWED: Says(405, "该地址不支持这种请求方式。"),
    Code.BAD_REQUEST: Says(400, "请求的内容不完整或格式不对,请检查后重试。"),
    Code.BODY_OVERSIZED: Says(413, "发送的内容过大。"),
    Code.BUSY: Says(503, "系统正忙,请稍后重试;您填写的内容没有丢失。"),
    Code.INTERNAL: Says(500, "系统出了问题,已记录;您填写的内容没有丢失,请稍后重试。"),
    Code.SESSION_EXPIRED: Says(401, "登录已失效,请重新登录;未上传的内容仍保存在本机。"),
    Code.NOT_ENTITLED: Says(403, "您没有办理此项的权限。"),
    Code.ORIGIN_FOREIGN: Says(403, "请求来自其他网站,已拒绝。"),
    Code.SLOW_DOWN: Says(429, "尝试次数过多,请在{seconds}秒后再试。"),
    Code.ENROLMENT_UNKNOWN: Says(404, "登记码不正确,请核对后重新输入。"),
    Code.ENROLMENT_USED: Says(409, "登记码已被使用,请向管理员索取新的登记码。"),
    Code.ENROLMENT_EXPIRED: Says(410, "登记码已过期,请向管理员索取新的登记码。"),
    Code.KEY_INVALID: Says(400, "设备密钥无效,请刷新页面后重新登记。"),
    Code.SUITE_UNKNOWN: Says(400, "不支持该设备的签名算法。"),
    Code.POINT_UNKNOWN: Says(400, "没有这个点位。"),
    Code.DEVICE_UNKNOWN: Says(404, "中心没有这台设备的登记,请联系管理员。"),
    Code.DEVICE_REVOKED: Says(403, "这台设备已被停用,请联系管理员;未上传的内容仍保存在本机。"),
    Code.SIGN_IN_FAILED: Says(401, "用户名或密码不正确。"),
    Code.PASSWORD_SHORT: Says(400, "密码至少需要{chars}个字符。"),
    Code.CHALLENGE_EXPIRED: Says(401, "登录等待过久,请重试。"),
    Code.SIGNATURE_INVALID: Says(401, "设备签名校验失败,请刷新页面后重试。"),
    Code.ATTACHMENT_OVERSIZED: Says(413, "照片过大,请重新拍摄。"),
    Code.ATTACHMENT_HASH: Says(400, "照片在传输中损坏,将自动重传。"),
    Code.ATTACHMENT_NOT_IMAGE: Says(415, "文件不是可识别的照片,请重新拍摄。"),
    Code.UPLOAD_VERSION: Says(412, "照片上传方式的版本不受支持,请刷新页面后重试。"),
    Code.UPLOAD_TYPE: Says(415, "照片上传的内容类型不对。"),
    Code.UPLOAD_OFFSET: Says(409, "照片已收到{offset}字节,将从该处继续上传。"),
    Code.UPLOAD_CHECKSUM: Says(460, "照片在传输中损坏,将自动重传。"),
    Code.FOLLOW_NOT_FOUND: Says(404, "没有查到:请核对收件号和证件号后四位。"),
    Code.FETCH_NOT_FOUND: Says(404, "各点位都没有这个号码的办件:请核对收件号或办件编号。"),
}
assert set(SAYS) == set(Code)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An expected no."""

    code: Code
    params: dict[str, str | int] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return SAYS[self.code].status

    @property
    def message(self) -> str:
        """What the person reads."""
        return SAYS[self.code].zh.format(**self.params)
